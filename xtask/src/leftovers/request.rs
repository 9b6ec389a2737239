//! The one place where requests that delete are built.
//!
//! Invariant: each key is held against the prefix here, whatever listed it, so that neither a server
//! that lies nor a fault of ours can make a request for a key outside the prefix.

use std::collections::HashMap;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::encoding::fits_xml;
use super::{Kind, Leftover, NotRemoved, Place};
use crate::aws::{AwsError, ErrorKind};

/// How many keys DeleteObjects takes (Amazon S3 API Reference, DeleteObjects).
pub(super) const BATCH: usize = 1_000;

/// What became of a request.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// What is gone.
    pub(super) gone: Vec<Leftover>,
    /// What may go if it is tried again.
    pub(super) again: Vec<NotRemovedYet>,
    /// What will not go.
    pub(super) failed: Vec<NotRemoved>,
}

/// A thing that may go if it is tried again.
#[derive(Debug)]
pub(super) struct NotRemovedYet {
    pub(super) item: Leftover,
    pub(super) code: String,
    pub(super) message: String,
}

impl NotRemovedYet {
    /// No further try is left.
    pub(super) fn give_up(self) -> NotRemoved {
        NotRemoved::new(self.item, self.code, &self.message)
    }
}

/// Whether a batch delete can carry the thing.
pub(super) fn goes_in_batch(item: &Leftover) -> bool {
    item.kind != Kind::Upload && fits_xml(&item.key)
}

/// Deletes up to [`BATCH`] versions and markers with one request.
///
/// # Errors
/// Where the request failed as a whole; nothing is known of the items then.
pub(super) async fn delete_batch(place: &Place, items: &[Leftover]) -> Result<Answer, AwsError> {
    let Place { aws, bucket, .. } = place;
    let mut answer = Answer::default();
    let mut asked = HashMap::new();
    let mut objects = Vec::with_capacity(items.len());
    for item in items {
        if let Some(refusal) = outside(place, item) {
            answer.failed.push(refusal);
            continue;
        }
        let object = ObjectIdentifier::builder().key(&item.key).set_version_id(item.id.clone());
        let Ok(object) = object.build() else { continue };
        objects.push(object);
        asked.insert((item.key.as_str(), item.id.as_deref()), item);
    }
    if objects.is_empty() {
        return Ok(answer);
    }
    let delete = Delete::builder().set_objects(Some(objects)).quiet(true);
    let delete = delete.build().map_err(aws_sdk_s3::error::SdkError::construction_failure);
    let request = aws.s3.delete_objects().bucket(bucket);
    let request = request.set_expected_bucket_owner(aws.expected_owner());
    let sent = match delete {
        Ok(delete) => request.delete(delete).send().await,
        Err(error) => Err(error),
    };
    let output = sent.map_err(|error| AwsError::new("s3:DeleteObject", bucket, error))?;
    for error in output.errors() {
        let key = error.key().unwrap_or_default();
        // Some servers leave the version out of the error, or put an empty one there.
        let version = error.version_id().filter(|id| !id.is_empty());
        let item = asked.remove(&(key, version)).or_else(|| {
            let found = *asked.keys().find(|(asked_key, _)| *asked_key == key)?;
            asked.remove(&found)
        });
        // An error about a key that we did not name is none of ours.
        let Some(item) = item else { continue };
        let code = error.code().unwrap_or("Unknown").to_owned();
        let message = error.message().unwrap_or_default().to_owned();
        match Outcome::of(&code) {
            Outcome::Gone => answer.gone.push(item.clone()),
            Outcome::Again => {
                answer.again.push(NotRemovedYet { item: item.clone(), code, message });
            }
            Outcome::Failed => {
                answer.failed.push(NotRemoved::new(item.clone(), code, &message));
            }
        }
    }
    answer.gone.extend(asked.into_values().cloned());
    Ok(answer)
}

/// Deletes one version or marker.
///
/// # Errors
/// As [`delete_batch`].
pub(super) async fn delete_one(place: &Place, item: &Leftover) -> Result<Answer, AwsError> {
    if let Some(refusal) = outside(place, item).or_else(|| leads_outside(place, item)) {
        return Ok(Answer { failed: vec![refusal], ..Answer::default() });
    }
    let Place { aws, bucket, .. } = place;
    let delete = aws.s3.delete_object().bucket(bucket).key(&item.key);
    let sent = delete
        .set_version_id(item.id.clone())
        .set_expected_bucket_owner(aws.expected_owner())
        .send()
        .await;
    if let Err(error) = sent {
        let error = AwsError::new("s3:DeleteObject", format!("{bucket}/{}", item.key), error);
        return single(item, &error).ok_or(error);
    }
    Ok(Answer { gone: vec![item.clone()], ..Answer::default() })
}

/// Aborts an upload, and looks whether it is gone: a part that was on its way may have arrived after
/// all (Amazon S3 API Reference, AbortMultipartUpload).
///
/// # Errors
/// As [`delete_batch`].
pub(super) async fn abort(place: &Place, item: &Leftover) -> Result<Answer, AwsError> {
    let refusal = outside(place, item).or_else(|| leads_outside(place, item));
    if let Some(refusal) = refusal.or_else(|| without_id(item)) {
        return Ok(Answer { failed: vec![refusal], ..Answer::default() });
    }
    let Place { aws, bucket, .. } = place;
    let subject = || format!("{bucket}/{}", item.key);
    let abort = aws.s3.abort_multipart_upload().bucket(bucket).key(&item.key);
    let sent = abort
        .set_upload_id(item.id.clone())
        .set_expected_bucket_owner(aws.expected_owner())
        .send()
        .await;
    if let Err(error) = sent {
        let error = AwsError::new("s3:AbortMultipartUpload", subject(), error);
        return single(item, &error).ok_or(error);
    }
    let parts = aws.s3.list_parts().bucket(bucket).key(&item.key).max_parts(1);
    let parts = parts
        .set_upload_id(item.id.clone())
        .set_expected_bucket_owner(aws.expected_owner())
        .send()
        .await;
    // Any other answer says nothing; the listing that follows will.
    if parts.is_ok() {
        let message = "the upload still has parts after it was aborted".to_owned();
        let again = NotRemovedYet { item: item.clone(), code: "StillListed".to_owned(), message };
        return Ok(Answer { again: vec![again], ..Answer::default() });
    }
    Ok(Answer { gone: vec![item.clone()], ..Answer::default() })
}

/// Invariant: see this file's head.
fn outside(place: &Place, item: &Leftover) -> Option<NotRemoved> {
    if place.prefix.contains(&item.key) {
        return None;
    }
    let message = format!("not deleted: it does not lie below `{}`", place.prefix);
    Some(NotRemoved::new(item.clone(), "OutsidePrefix", &message))
}

/// A key in a path: AWS takes it as it stands, but other servers, and proxies before them, may resolve
/// its `..`, and then mean another key.
fn leads_outside(place: &Place, item: &Leftover) -> Option<NotRemoved> {
    // Some make one slash of several before they do.
    let paths = [false, true].map(|merged| resolved(&item.key, merged));
    if place.aws.endpoint.is_none()
        || paths.iter().all(|path| path.as_ref().is_some_and(|path| place.prefix.contains(path)))
    {
        return None;
    }
    let message = format!(
        "not deleted: with `..` resolved, as some servers do, it does not lie below `{}`",
        place.prefix
    );
    Some(NotRemoved::new(item.clone(), "OutsidePrefix", &message))
}

/// The key with its `.` and `..` resolved (RFC 3986, 5.2.4); `None` where it leads out of the bucket.
fn resolved(key: &str, merged: bool) -> Option<String> {
    let mut segments = Vec::new();
    let mut parts = key.split('/').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        match part {
            "." => {}
            ".." => drop(segments.pop()?),
            "" if merged && !is_last => continue,
            _ => {
                segments.push(part);
                continue;
            }
        }
        if is_last {
            segments.push("");
        }
    }
    Some(segments.join("/"))
}

/// Without its id, the request would be about the object of that name.
fn without_id(item: &Leftover) -> Option<NotRemoved> {
    let message = "the listing names no upload id, without which it cannot be aborted";
    item.id.is_none().then(|| NotRemoved::new(item.clone(), "NoUploadId", message))
}

/// What an error of a request about one thing says of it; `None` where the error is about more.
fn single(item: &Leftover, error: &AwsError) -> Option<Answer> {
    let code = error.code.clone().unwrap_or_default();
    match (error.kind, Outcome::of(&code)) {
        (_, Outcome::Gone) => Some(Answer { gone: vec![item.clone()], ..Answer::default() }),
        (ErrorKind::Denied | ErrorKind::Missing | ErrorKind::Other, Outcome::Failed)
            if !matches!(code.as_str(), "" | "NoSuchBucket") =>
        {
            let failure = NotRemoved::new(item.clone(), code, error.message());
            Some(Answer { failed: vec![failure], ..Answer::default() })
        }
        _ => None,
    }
}

/// What an error code says about the thing that it is about.
enum Outcome {
    Gone,
    Again,
    Failed,
}

impl Outcome {
    fn of(code: &str) -> Outcome {
        match code {
            "NoSuchKey" | "NoSuchVersion" | "NoSuchUpload" => Outcome::Gone,
            code if ErrorKind::of_answer(Some(code), None) == ErrorKind::Throttled => {
                Outcome::Again
            }
            _ => Outcome::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_resolved_as_paths_are() {
        // As it stands, and with several slashes made one.
        let table = [
            ("test/a", Some("test/a"), Some("test/a")),
            ("test/a/", Some("test/a/"), Some("test/a/")),
            ("test/a/./b", Some("test/a/b"), Some("test/a/b")),
            ("test/a/../b", Some("test/b"), Some("test/b")),
            ("test/a/..", Some("test/"), Some("test/")),
            ("test/.", Some("test/"), Some("test/")),
            ("test/..", Some(""), Some("")),
            ("test/../x", Some("x"), Some("x")),
            ("test/a//../../x", Some("test/x"), Some("x")),
            ("test/../../x", None, None),
            ("test/...", Some("test/..."), Some("test/...")),
        ];
        for (key, plain, merged) in table {
            assert_eq!(resolved(key, false).as_deref(), plain, "{key}");
            assert_eq!(resolved(key, true).as_deref(), merged, "{key}");
        }
    }
}
