//! What a test sees on the target without the app, by the fixture's key.

use app::storage::Purpose;

use super::TestEnv;

impl TestEnv {
    /// The whole keys that lie below the test's prefix in a bucket; at most 1,000.
    pub(crate) async fn keys_in(&self, bucket: &str) -> Vec<String> {
        let list = self.fixture().list_objects_v2().bucket(bucket).prefix(self.key_prefix());
        let objects = list.send().await.unwrap().contents.unwrap_or_default();
        objects.into_iter().filter_map(|object| object.key).collect()
    }

    /// Key and upload id of what was begun, but neither completed nor aborted, in a purpose's bucket.
    pub(crate) async fn unfinished_uploads(&self, purpose: Purpose) -> Vec<(String, String)> {
        let list = self.fixture().list_multipart_uploads().bucket(self.bucket(purpose));
        let uploads = list.prefix(self.key_prefix()).send().await.unwrap().uploads;
        let uploads = uploads.unwrap_or_default().into_iter();
        uploads.filter_map(|upload| Some((upload.key?, upload.upload_id?))).collect()
    }
}
