//! Empties a test's own prefix: objects with all their versions and delete markers, and unfinished
//! multipart uploads.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata as _};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use contract::Prefix;

/// Empties `prefix` in each bucket.
///
/// # Errors
/// Names the first thing that could not be removed.
pub(super) async fn empty(s3: &Client, buckets: &[String], prefix: &Prefix) -> Result<(), String> {
    let swept = futures::future::join_all(buckets.iter().map(async |bucket| {
        abort_uploads(s3, bucket, prefix).await?;
        delete_versions(s3, bucket, prefix).await
    }));
    swept.await.into_iter().collect()
}

async fn abort_uploads(s3: &Client, bucket: &str, prefix: &Prefix) -> Result<(), String> {
    // A place with more than 1,000 uploads is left to the run's own sweep.
    let list = s3.list_multipart_uploads().bucket(bucket).prefix(prefix.as_str()).send().await;
    let uploads = match list {
        Ok(list) => list.uploads.unwrap_or_default(),
        Err(error) if error.code() == Some("NotImplemented") => return Ok(()),
        Err(error) => return Err(describe("listing uploads", bucket, &error)),
    };
    for upload in uploads {
        let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) else { continue };
        if !prefix.contains(key) {
            continue;
        }
        let abort = s3.abort_multipart_upload().bucket(bucket).key(key).upload_id(id).send().await;
        match abort {
            Err(error) if error.code() != Some("NoSuchUpload") => {
                return Err(describe("aborting an upload", bucket, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn delete_versions(s3: &Client, bucket: &str, prefix: &Prefix) -> Result<(), String> {
    // Each round takes a page of up to 1,000; a server that deletes nothing must not keep us for ever.
    for _ in 0..100 {
        let objects = versions(s3, bucket, prefix).await?;
        if objects.is_empty() {
            return Ok(());
        }
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let delete = delete.map_err(|error| error.to_string())?;
        let deleted = s3.delete_objects().bucket(bucket).delete(delete).send().await;
        let deleted = deleted.map_err(|error| describe("deleting", bucket, &error))?;
        if let Some(error) = deleted.errors().first() {
            return Err(format!(
                "deleting `{}` in `{bucket}`: {}: {}",
                error.key().unwrap_or_default(),
                error.code().unwrap_or_default(),
                error.message().unwrap_or_default()
            ));
        }
    }
    Err(format!("`{prefix}` in `{bucket}` does not get empty"))
}

/// The first page of what is there.
async fn versions(
    s3: &Client,
    bucket: &str,
    prefix: &Prefix,
) -> Result<Vec<ObjectIdentifier>, String> {
    let list = s3.list_object_versions().bucket(bucket).prefix(prefix.as_str()).send().await;
    let found: Vec<(Option<String>, Option<String>)> = match list {
        Ok(list) => {
            let versions = list.versions.unwrap_or_default().into_iter();
            let markers = list.delete_markers.unwrap_or_default().into_iter();
            let versions = versions.map(|version| (version.key, version.version_id));
            versions.chain(markers.map(|marker| (marker.key, marker.version_id))).collect()
        }
        Err(error) if error.code() == Some("NotImplemented") => {
            let list = s3.list_objects_v2().bucket(bucket).prefix(prefix.as_str()).send().await;
            let list = list.map_err(|error| describe("listing", bucket, &error))?;
            list.contents.unwrap_or_default().into_iter().map(|object| (object.key, None)).collect()
        }
        Err(error) => return Err(describe("listing versions", bucket, &error)),
    };
    found
        .into_iter()
        .filter_map(|(key, version)| Some((key?, version)))
        // Invariant: nothing outside the test's own prefix is ever deleted, whatever a server lists.
        .filter(|(key, _)| prefix.contains(key))
        .map(|(key, version)| {
            let object = ObjectIdentifier::builder().key(key).set_version_id(version).build();
            object.map_err(|error| error.to_string())
        })
        .collect()
}

fn describe(what: &str, bucket: &str, error: &(impl std::error::Error + 'static)) -> String {
    format!("{what} in `{bucket}`: {}", DisplayErrorContext(error))
}
