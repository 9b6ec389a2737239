//! Tries what may be done with objects, below a run prefix of its own, and takes back what it wrote;
//! nothing is written where it is known that it could not be removed.
//!
//! The object that is written is the mark of that run, so that a `cleanup` that comes along meanwhile
//! takes the run for the live one that it is.

use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use contract::{Prefix, Root, RunId};
use futures::future::join_all;

use super::verdict::{Finding, Verdict, in_words, refused_action};
use crate::aws::{Aws, AwsError, ErrorKind};
use crate::mark::Mark;

/// An upload id that no server has given out.
const NO_UPLOAD: &str = "cargo-xtask-check-no-such-upload";

/// The version of what is written where a bucket keeps none; every bucket may be asked for it.
const NULL_VERSION: &str = "null";

/// The object of the probes: one root of one bucket.
pub(super) struct Place<'a> {
    pub(super) aws: &'a Aws,
    pub(super) bucket: &'a str,
    pub(super) root: Root,
    pub(super) run: &'a RunId,
}

/// What was found out below one root of one bucket.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By action.
    pub(super) findings: Vec<(String, Finding)>,
    /// What could not be removed again: keys, with their version where they have one.
    pub(super) left: Vec<String>,
}

impl Place<'_> {
    /// Tries each of the actions that can be tried.
    pub(super) async fn look(&self, actions: &[String]) -> Found {
        let asks = |action: &str| actions.iter().any(|asked| asked == action);
        let mut findings: Vec<(String, Finding)> = Vec::new();
        let mut find = |action: &str, finding| findings.push((action.to_owned(), finding));

        // Of a version that is not there, which leaves nothing behind: S3 answers 204 for it to whoever
        // may delete it.
        let mut may_remove = true;
        if asks("s3:DeleteObjectVersion") {
            let deleted = self.delete(Some(NULL_VERSION)).await;
            may_remove = !matches!(&deleted, Err(error) if error.kind == ErrorKind::Denied);
            let finding = Finding::of(&deleted, "deleting a version was taken");
            find("s3:DeleteObjectVersion", finding);
        }
        // A mark has numbers and strings only, which JSON always takes.
        let body = serde_json::to_vec(&Mark::of_this_process(self.run, None)).unwrap_or_default();
        let mut written = None;
        if asks("s3:PutObject") && may_remove {
            let put = self.put(&body).await;
            find("s3:PutObject", Finding::of(&put, "an object was written, and removed again"));
            written = put.ok();
        }
        let there = written.as_ref().map(|_| body.as_slice());
        let reads = actions.iter().map(|action| self.read(action, there));
        for (action, finding) in join_all(reads).await.into_iter().flatten() {
            find(&action, finding);
        }
        let mut deleted = None;
        if asks("s3:DeleteObject") && may_remove {
            // There or not: S3 answers 204 for a missing key, too.
            let sent = self.delete(None).await;
            find("s3:DeleteObject", Finding::of(&sent, "an object was deleted"));
            deleted = sent.ok();
        }
        for action in ["s3:PutObject", "s3:DeleteObject"] {
            if asks(action) && !may_remove {
                let why = "not tried: what it leaves could not be removed again";
                find(action, Finding::unknown(why));
            }
        }
        let left = self.tidy(written, deleted).await;
        Found { findings, left }
    }

    /// Removes what was written and what deleting it has left; gives what stays.
    async fn tidy(
        &self,
        written: Option<Option<String>>,
        deleted: Option<DeleteObjectOutput>,
    ) -> Vec<String> {
        let marker = deleted.as_ref().filter(|output| output.delete_marker == Some(true));
        let marker = marker.and_then(|output| output.version_id.clone());
        let mut left = Vec::new();
        for version in [written.clone().flatten(), marker].into_iter().flatten() {
            if self.delete(Some(&version)).await.is_err() {
                left.push(format!("{} (version {version})", self.key()));
            }
        }
        // Without versions the key itself is all there is.
        if written == Some(None)
            && deleted.is_none()
            && self.delete(Some(NULL_VERSION)).await.is_err()
            && self.delete(None).await.is_err()
        {
            left.push(self.key());
        }
        left
    }

    fn key(&self) -> String {
        Prefix::mark(self.root, self.run, None)
    }

    /// The version of what was written, where the bucket keeps versions.
    async fn put(&self, body: &[u8]) -> Result<Option<String>, AwsError> {
        let put = self.aws.s3.put_object().bucket(self.bucket).key(self.key());
        let put = put.body(body.to_vec().into());
        match put.set_expected_bucket_owner(self.aws.expected_owner()).send().await {
            Ok(output) => Ok(output.version_id.filter(|version| version != NULL_VERSION)),
            Err(error) => Err(AwsError::new("s3:PutObject", self.bucket, error)),
        }
    }

    /// Tries a read; `None` where the action is none that can be tried without an effect. `there` is what
    /// was written, where it was.
    async fn read(&self, action: &str, there: Option<&[u8]>) -> Option<(String, Finding)> {
        let (s3, bucket, key) = (&self.aws.s3, self.bucket, self.key());
        let owner = self.aws.expected_owner();
        let finding = match action {
            "s3:GetObject" => {
                let get = s3.get_object().bucket(bucket).key(key).set_expected_bucket_owner(owner);
                let got = match get.send().await {
                    Ok(output) => Ok(output.body.collect().await.map(|body| body.into_bytes())),
                    Err(error) => Err(AwsError::new("s3:GetObject", bucket, error)),
                };
                match (&got, there) {
                    (Ok(body), Some(there)) if !body.as_ref().is_ok_and(|body| body == there) => {
                        Finding::unknown("the server gave back other bytes than were written")
                    }
                    _ => read_finding(&got, "s3:GetObject", there.is_some()),
                }
            }
            // The object that was just written has no such version: who may read it is told so.
            "s3:GetObjectVersion" => {
                let get = s3.get_object().bucket(bucket).key(key).version_id(NULL_VERSION);
                let got = get.set_expected_bucket_owner(owner).send().await;
                let got = got.map_err(|error| AwsError::new("s3:GetObjectVersion", bucket, error));
                read_finding(&got, "s3:GetObjectVersion", false)
            }
            "s3:GetObjectTagging" => {
                let get = s3.get_object_tagging().bucket(bucket).key(key);
                let got = get.set_expected_bucket_owner(owner).send().await;
                let got = got.map_err(|error| AwsError::new("s3:GetObjectTagging", bucket, error));
                read_finding(&got, "s3:GetObjectTagging", there.is_some())
            }
            "s3:ListMultipartUploadParts" => {
                let list = s3.list_parts().bucket(bucket).key(key).upload_id(NO_UPLOAD);
                let listed = list.set_expected_bucket_owner(owner).send().await;
                of_no_upload(listed.map_err(|error| AwsError::new("s3:ListParts", bucket, error)))
            }
            "s3:AbortMultipartUpload" => {
                let abort = s3.abort_multipart_upload().bucket(bucket).key(key);
                let abort = abort.upload_id(NO_UPLOAD).set_expected_bucket_owner(owner);
                let sent = abort.send().await;
                of_no_upload(
                    sent.map_err(|error| AwsError::new("s3:AbortMultipartUpload", bucket, error)),
                )
            }
            _ => return None,
        };
        Some((action.to_owned(), finding))
    }

    async fn delete(&self, version: Option<&str>) -> Result<DeleteObjectOutput, AwsError> {
        let delete = self.aws.s3.delete_object().bucket(self.bucket).key(self.key());
        let delete = delete.set_version_id(version.map(ToOwned::to_owned));
        let sent = delete.set_expected_bucket_owner(self.aws.expected_owner()).send().await;
        sent.map_err(|error| AwsError::new("s3:DeleteObject", self.bucket, error))
    }
}

/// Without an object to read, S3 says whether it may be read only to those who may list: they get 404,
/// all others 403 either way (Amazon S3 API Reference, "GetObject"). Newer refusals name the action.
pub(super) fn read_finding<T>(got: &Result<T, AwsError>, action: &str, is_there: bool) -> Finding {
    match got {
        Ok(_) => Finding::probed(Verdict::Allowed, "an object was read"),
        Err(error) if !is_there && is_missing_key(error) => Finding::probed(
            Verdict::Allowed,
            format!("{}, which only those are told who may read", in_words(error)),
        ),
        Err(error) if !is_there && error.kind == ErrorKind::Denied => {
            match refused_action(error.message()) {
                Some(refused) if refused == action => Finding::of_error(error),
                Some(refused) => Finding::suggested(
                    Verdict::Allowed,
                    format!("there is no object to read, and what is refused is {refused} alone"),
                ),
                None => Finding::unknown(
                    "there is no object to read, and who may not list a bucket is refused for that too",
                ),
            }
        }
        Err(error) => Finding::of_error(error),
    }
}

fn is_missing_key(error: &AwsError) -> bool {
    error.kind == ErrorKind::Missing && error.code.as_deref() != Some("NoSuchBucket")
}

/// Who may not touch an upload is not told whether it exists.
fn of_no_upload<T>(result: Result<T, AwsError>) -> Finding {
    match result {
        Err(error) if error.code.as_deref() == Some("NoSuchUpload") => {
            Finding::probed(Verdict::Allowed, "NoSuchUpload for an upload that never was")
        }
        other => Finding::of(&other, "the server took an upload that never was for one"),
    }
}
