//! Tries what may be done with objects, below a run prefix of its own, and takes back what it wrote.
//!
//! The object that is written is the mark of that run, so that a `cleanup` that comes along meanwhile
//! takes the run for the live one that it is.

use contract::{Prefix, Root, RunId};
use futures::future::join_all;

use super::verdict::{Finding, Verdict, in_words, refused_action};
use crate::aws::{Aws, AwsError, ErrorKind};
use crate::mark::Mark;

/// An upload id that no server has given out.
const NO_UPLOAD: &str = "cargo-xtask-check-no-such-upload";

/// The object of the probes: one root of one bucket.
pub(super) struct Place<'a> {
    pub(super) aws: &'a Aws,
    pub(super) s3: &'a aws_sdk_s3::Client,
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
        let put = match asks("s3:PutObject") {
            true => Some(self.put().await),
            false => None,
        };
        let is_there = matches!(put, Some(Ok(_)));
        let reads = actions.iter().map(|action| self.read(action, is_there));
        let mut findings: Vec<(String, Finding)> =
            join_all(reads).await.into_iter().flatten().collect();
        if let Some(put) = &put {
            let finding = Finding::of(put, "an object was written, and removed again");
            findings.push(("s3:PutObject".to_owned(), finding));
        }
        let version = put.and_then(Result::ok);
        let removed = self.remove(version, asks("s3:DeleteObject"), asks("s3:DeleteObjectVersion"));
        let (deletions, left) = removed.await;
        findings.extend(deletions);
        if !left.is_empty() {
            for (action, finding) in &mut findings {
                if action == "s3:PutObject" {
                    finding.evidence = "an object was written, and could not be removed".to_owned();
                }
            }
        }
        Found { findings, left }
    }

    fn key(&self) -> String {
        Prefix::mark(self.root, self.run)
    }

    /// The version of what was written, where the bucket keeps versions.
    async fn put(&self) -> Result<Option<String>, AwsError> {
        // A mark has numbers and strings only, which JSON always takes.
        let body = serde_json::to_vec(&Mark::of_this_process(self.run)).unwrap_or_default();
        let put = self.s3.put_object().bucket(self.bucket).key(self.key()).body(body.into());
        match put.set_expected_bucket_owner(self.aws.expected_owner()).send().await {
            Ok(output) => Ok(output.version_id.filter(|version| version != "null")),
            Err(error) => Err(AwsError::new("s3:PutObject", self.bucket, error)),
        }
    }

    /// Tries a read; `None` where the action is none that can be tried without an effect.
    async fn read(&self, action: &str, is_there: bool) -> Option<(String, Finding)> {
        let (s3, bucket, key) = (self.s3, self.bucket, self.key());
        let owner = self.aws.expected_owner();
        let finding = match action {
            "s3:GetObject" => {
                let get = s3.get_object().bucket(bucket).key(key).set_expected_bucket_owner(owner);
                let got = get.send().await;
                let got = got.map_err(|error| AwsError::new("s3:GetObject", bucket, error));
                read_finding(&got, "s3:GetObject", is_there)
            }
            // The object that was just written has no such version: who may read it is told so.
            "s3:GetObjectVersion" => {
                let get = s3.get_object().bucket(bucket).key(key).version_id("null");
                let got = get.set_expected_bucket_owner(owner).send().await;
                let got = got.map_err(|error| AwsError::new("s3:GetObjectVersion", bucket, error));
                read_finding(&got, "s3:GetObjectVersion", false)
            }
            "s3:GetObjectTagging" => {
                let get = s3.get_object_tagging().bucket(bucket).key(key);
                let got = get.set_expected_bucket_owner(owner).send().await;
                let got = got.map_err(|error| AwsError::new("s3:GetObjectTagging", bucket, error));
                read_finding(&got, "s3:GetObjectTagging", is_there)
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

    /// Deletes the object, its version, and the marker that deleting it has left, by whichever action
    /// was asked about; by the other one where nothing else helps.
    async fn remove(
        &self,
        put: Option<Option<String>>,
        plain: bool,
        by_version: bool,
    ) -> (Vec<(String, Finding)>, Vec<String>) {
        let is_versioned = matches!(put, Some(Some(_)));
        let mut findings = Vec::new();
        let mut left = Vec::new();
        let mut marker = None;
        let mut is_gone = put.is_none();
        // On its own key, there or not: S3 answers 204 for a missing key to whoever may delete it.
        if plain || (put.is_some() && !is_versioned && !by_version) {
            let deleted = self.delete(None).await;
            if let Ok(output) = &deleted {
                is_gone |= !is_versioned;
                let is_marker = output.delete_marker == Some(true);
                marker = is_marker.then(|| output.version_id.clone()).flatten();
            }
            if plain {
                let finding = Finding::of(&deleted, "the object was deleted");
                findings.push(("s3:DeleteObject".to_owned(), finding));
            }
        }
        if by_version || is_versioned || marker.is_some() {
            // Every bucket has a version of this name; there or not, deleting it is no error.
            let version = put.flatten().unwrap_or_else(|| "null".to_owned());
            let deleted = self.delete(Some(&version)).await;
            is_gone |= deleted.is_ok();
            if by_version {
                let finding = Finding::of(&deleted, "a version was deleted");
                findings.push(("s3:DeleteObjectVersion".to_owned(), finding));
            }
            if !is_gone {
                left.push(format!("{} (version {version})", self.key()));
            }
            if let Some(marker) = marker.filter(|marker| *marker != version)
                && self.delete(Some(&marker)).await.is_err()
            {
                left.push(format!("{} (version {marker})", self.key()));
            }
        } else if !is_gone {
            left.push(self.key());
        }
        (findings, left)
    }

    async fn delete(
        &self,
        version: Option<&str>,
    ) -> Result<aws_sdk_s3::operation::delete_object::DeleteObjectOutput, AwsError> {
        let delete = self.s3.delete_object().bucket(self.bucket).key(self.key());
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
