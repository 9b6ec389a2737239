//! Tries what tests do with objects, each action by itself, and takes back what it wrote.

use std::fmt;

use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use contract::{Prefix, Root, RunId, TestId};
use uuid::Uuid;

use super::patience::patiently;
use crate::aws::{Aws, AwsError, ErrorKind, Identity};

const BODY: &[u8] = b"cargo xtask setup";

/// What was tried in a bucket.
#[derive(Debug, Clone, Default)]
pub(crate) struct Probes {
    /// Each action and its verdict.
    pub(crate) probes: Vec<Probe>,
    /// What could not be removed again: keys, with their version where they have one.
    pub(crate) left: Vec<String>,
}

/// One action that was tried.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    /// The IAM action.
    pub(crate) action: &'static str,
    /// The ARN that a policy would name.
    pub(crate) resource: String,
    /// What came of it.
    pub(crate) verdict: Verdict,
}

/// What came of an action.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    /// It was done.
    Allowed,
    /// It was refused.
    Denied(AwsError),
    /// It could not be told, and why.
    Unknown(String),
    /// It failed for another reason.
    Failed(AwsError),
}

impl Verdict {
    fn of<T>(result: &Result<T, AwsError>) -> Verdict {
        match result {
            Ok(_) => Verdict::Allowed,
            Err(error) if error.kind == ErrorKind::Denied => Verdict::Denied(error.clone()),
            Err(error) => Verdict::Failed(error.clone()),
        }
    }

    fn is_allowed(&self) -> bool {
        matches!(self, Verdict::Allowed)
    }
}

/// Tries PutObject, GetObject, ListBucket and DeleteObject, and where the bucket keeps versions
/// DeleteObjectVersion, without which nothing there can be cleaned up.
pub(crate) async fn run(aws: &Aws, bucket: &str) -> Probes {
    let place = Place::new(aws, bucket);
    let put = place.put().await;
    let list = place.list().await;
    let get = place.get().await;
    let mut probes = vec![
        place.probe("s3:PutObject", Verdict::of(&put)),
        place.probe("s3:GetObject", get_verdict(&get, put.is_ok(), list.is_ok())),
        Probe {
            action: "s3:ListBucket",
            resource: place.bucket_arn.clone(),
            verdict: Verdict::of(&list),
        },
    ];
    let mut left = Vec::new();
    let version = put.as_ref().ok().and_then(Clone::clone);
    let mut by_version = None;
    if let Some(version) = version {
        let deleted = place.delete(Some(&version)).await;
        if deleted.is_err() {
            left.push(Left { key: &place.key, version: Some(&version) }.to_string());
        }
        by_version = Some(deleted);
    }
    // On its own key, there or not: S3 answers 204 for a missing key to whoever may delete it.
    let deleted = place.delete(None).await;
    probes.push(place.probe("s3:DeleteObject", Verdict::of(&deleted)));
    match &deleted {
        Ok(output) if output.delete_marker == Some(true) => {
            let marker = output.version_id.as_deref().unwrap_or("null");
            let removed = place.delete(Some(marker)).await;
            if removed.is_err() {
                left.push(Left { key: &place.key, version: Some(marker) }.to_string());
            }
            // The first refusal says it all.
            if by_version.as_ref().is_none_or(Result::is_ok) {
                by_version = Some(removed);
            }
        }
        Ok(_) => {}
        Err(_) if put.is_ok() && by_version.is_none() => {
            left.push(Left { key: &place.key, version: None }.to_string());
        }
        Err(_) => {}
    }
    if let Some(deleted) = by_version {
        probes.push(place.probe("s3:DeleteObjectVersion", Verdict::of(&deleted)));
    }
    Probes { probes, left }
}

/// Without an object to read, S3 says whether GetObject is allowed only to those who may list: they
/// get 404, all others 403 either way (Amazon S3 API Reference, "GetObject").
fn get_verdict(get: &Result<bool, AwsError>, is_there: bool, may_list: bool) -> Verdict {
    match get {
        Ok(true) => Verdict::Allowed,
        Ok(false) => Verdict::Unknown("the server gave back other bytes than were written".into()),
        Err(error) if !is_there && error.kind == ErrorKind::Missing => Verdict::Allowed,
        Err(error) if !is_there && !may_list && error.kind == ErrorKind::Denied => {
            Verdict::Unknown(
                "there is no object to read, and who may not list a bucket is refused for that too"
                    .into(),
            )
        }
        Err(_) => Verdict::of(get),
    }
}

/// The one key that is written, and how it is named to IAM.
struct Place<'a> {
    aws: &'a Aws,
    bucket: &'a str,
    prefix: Prefix,
    key: String,
    bucket_arn: String,
    objects_arn: String,
}

impl<'a> Place<'a> {
    fn new(aws: &'a Aws, bucket: &'a str) -> Place<'a> {
        let run = RunId::parse(&format!("setup-{}", Uuid::new_v4().simple()));
        let run = run.expect("`setup-` and 32 hexadecimal digits are a run id");
        let test = TestId::new("xtask", "setup::probe");
        let nonce = Uuid::new_v4().simple().to_string();
        let prefix = Prefix::of_attempt(Root::Test, &run, &test, &nonce);
        let prefix = prefix.expect("32 hexadecimal digits are a nonce");
        let partition = match &aws.identity {
            Identity::Known { arn, .. } => arn.split(':').nth(1).unwrap_or("aws"),
            Identity::Unknown => "aws",
        };
        let bucket_arn = format!("arn:{partition}:s3:::{bucket}");
        let objects_arn = format!("{bucket_arn}/{}*", Root::Test.as_str());
        Place { aws, bucket, key: format!("{prefix}probe"), prefix, bucket_arn, objects_arn }
    }

    fn probe(&self, action: &'static str, verdict: Verdict) -> Probe {
        Probe { action, resource: self.objects_arn.clone(), verdict }
    }

    /// The version of what was written, where the bucket keeps versions.
    async fn put(&self) -> Result<Option<String>, AwsError> {
        patiently(async || {
            let put = self.aws.s3.put_object().bucket(self.bucket).key(&self.key);
            let put = put.body(ByteStream::from_static(BODY));
            match put.set_expected_bucket_owner(self.aws.expected_owner()).send().await {
                // `null` is the version of a bucket that keeps none any more.
                Ok(output) => Ok(output.version_id.filter(|version| version != "null")),
                Err(error) => Err(AwsError::new("s3:PutObject", &self.objects_arn, error)),
            }
        })
        .await
    }

    /// Whether what was read is what was written.
    async fn get(&self) -> Result<bool, AwsError> {
        let get = self.aws.s3.get_object().bucket(self.bucket).key(&self.key);
        match get.set_expected_bucket_owner(self.aws.expected_owner()).send().await {
            Ok(output) => {
                Ok(output.body.collect().await.is_ok_and(|body| body.into_bytes() == BODY))
            }
            Err(error) => Err(AwsError::new("s3:GetObject", &self.objects_arn, error)),
        }
    }

    async fn list(&self) -> Result<(), AwsError> {
        patiently(async || {
            let list = self.aws.s3.list_objects_v2().bucket(self.bucket).max_keys(1);
            let list = list.prefix(self.prefix.as_str());
            match list.set_expected_bucket_owner(self.aws.expected_owner()).send().await {
                Ok(_) => Ok(()),
                Err(error) => Err(AwsError::new("s3:ListBucket", &self.bucket_arn, error)),
            }
        })
        .await
    }

    async fn delete(&self, version: Option<&str>) -> Result<DeleteObjectOutput, AwsError> {
        let delete = self.aws.s3.delete_object().bucket(self.bucket).key(&self.key);
        let delete = delete.set_version_id(version.map(ToOwned::to_owned));
        let action = if version.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
        let sent = delete.set_expected_bucket_owner(self.aws.expected_owner()).send().await;
        sent.map_err(|error| AwsError::new(action, &self.objects_arn, error))
    }
}

/// What could not be removed.
struct Left<'a> {
    key: &'a str,
    version: Option<&'a str>,
}

impl fmt::Display for Left<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)?;
        match self.version {
            Some(version) => write!(f, " (version {version})"),
            None => Ok(()),
        }
    }
}

impl Probes {
    /// Whether everything that was tried is allowed and nothing is left.
    pub(crate) fn are_good(&self) -> bool {
        self.left.is_empty() && self.probes.iter().all(|probe| probe.verdict.is_allowed())
    }
}
