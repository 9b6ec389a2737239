//! Tries what may be done with a bucket and what is in it. Its configuration is read, never written.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use contract::{Prefix, Root, RunId};
use futures::future::{join, join_all};

use super::objects::{Found, Place, read_finding};
use super::question::{Question, Thing};
use super::verdict::{Finding, Verdict};
use crate::aws::{Aws, AwsError};
use crate::bucket::{self, Presence};
use crate::permissions::{Keys, Places};

/// A bucket, and the questions about it.
pub(super) struct Asked<'a> {
    pub(super) aws: &'a Aws,
    pub(super) places: &'a Places,
    pub(super) run: &'a RunId,
    pub(super) bucket: &'a str,
    pub(super) questions: Vec<&'a Question>,
    pub(super) may_be_missing: bool,
}

/// What was found out about a bucket.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) findings: BTreeMap<Question, Finding>,
    /// What could not be removed again.
    pub(super) left: Vec<String>,
    /// How long the way there and back took.
    pub(super) latency: Option<Duration>,
    /// Whether the bucket is there and in our region, as far as can be told.
    pub(super) is_usable: bool,
}

impl Asked<'_> {
    /// Tries all that can be tried without a lasting effect.
    pub(super) async fn look(&self) -> Looked {
        let presence = bucket::presence(self.aws, self.bucket).await;
        let all = |finding: Finding| Looked {
            findings: self.each(|_| Some(finding.clone())),
            left: Vec::new(),
            latency: None,
            is_usable: false,
        };
        let head = match presence {
            Ok(Presence::Present) => {
                Finding::probed(Verdict::Allowed, "HeadBucket found the bucket")
            }
            Ok(Presence::Foreign) => Finding::probed(
                Verdict::Denied,
                "HeadBucket was answered with 403, which has no text",
            ),
            Ok(Presence::Missing) if self.may_be_missing => {
                return all(Finding::unknown("the bucket is not there yet"));
            }
            Ok(Presence::Missing) => {
                return all(Finding::probed(Verdict::Missing, "there is no such bucket"));
            }
            Ok(Presence::ElsewhereIn(region)) => {
                let region = region.unwrap_or_else(|| "another region".to_owned());
                return all(Finding::probed(
                    Verdict::WrongRegion,
                    format!("the bucket is in {region}, not in {}", self.aws.region),
                ));
            }
            Err(error) => return all(Finding::of_error(&error)),
        };
        let roots = join_all(Root::ALL.map(|root| self.below(root)));
        let reads = join_all(self.questions.iter().map(|question| self.read(question)));
        let (roots, reads) = join(roots, reads).await;
        let mut findings: BTreeMap<Question, Finding> = reads.into_iter().flatten().collect();
        let mut left = Vec::new();
        for (root, Found { findings: found, left: stays }) in Root::ALL.into_iter().zip(roots) {
            left.extend(stays.into_iter().map(|key| format!("{}/{key}", self.bucket)));
            for (action, finding) in found {
                let thing = Thing::Objects(self.bucket.to_owned(), Keys::Below(root));
                findings.insert(Question { action, thing, listed: None }, finding);
            }
        }
        let heads = self.each(|question| is_head(question).then(|| head.clone()));
        findings.extend(heads);
        Looked { findings, left, latency: Some(self.latency().await), is_usable: true }
    }

    fn each(&self, finding: impl Fn(&Question) -> Option<Finding>) -> BTreeMap<Question, Finding> {
        let findings =
            self.questions.iter().map(|&question| Some((question.clone(), finding(question)?)));
        findings.flatten().collect()
    }

    /// A request over a connection that is open, whatever its answer.
    async fn latency(&self) -> Duration {
        let started = Instant::now();
        let _ = self.aws.s3.head_bucket().bucket(self.bucket).send().await;
        started.elapsed()
    }

    async fn below(&self, root: Root) -> Found {
        let is_below = |question: &&&Question| matches!(&question.thing, Thing::Objects(_, Keys::Below(below)) if *below == root);
        let actions: BTreeSet<String> =
            self.questions.iter().filter(is_below).map(|asked| asked.action.clone()).collect();
        if actions.is_empty() {
            return Found::default();
        }
        let Asked { aws, bucket, run, .. } = self;
        let place = Place { aws, bucket, root, run };
        place.look(&Vec::from_iter(actions)).await
    }

    /// Tries a read of the bucket itself, or of a single key; `None` where it is none.
    async fn read(&self, question: &Question) -> Option<(Question, Finding)> {
        let finding = match &question.thing {
            Thing::Bucket(_) => self.read_bucket(question).await?,
            Thing::Objects(_, keys) if question.action == "s3:GetObject" => {
                let key = match keys {
                    Keys::Below(_) => return None,
                    Keys::BelowKeyPrefix => format!("{}{}", self.places.key_prefix, self.run),
                    Keys::Exactly(key) => key.clone(),
                };
                // Nothing of it is read: who may is told whether it is there.
                let head = self.aws.s3.get_object().bucket(self.bucket).key(key).range("bytes=0-0");
                let got = head.set_expected_bucket_owner(self.aws.expected_owner()).send().await;
                let got = got.map_err(|error| AwsError::new("s3:GetObject", self.bucket, error));
                read_finding(&got, "s3:GetObject", false)
            }
            _ => return None,
        };
        Some((question.clone(), finding))
    }

    async fn read_bucket(&self, question: &Question) -> Option<Finding> {
        let (s3, bucket, owner) = (&self.aws.s3, self.bucket, self.aws.expected_owner());
        /// Sends a request, and takes the 404 of something that is not configured for an answer.
        macro_rules! ask {
            ($operation:ident) => {{
                let request = s3.$operation().bucket(bucket).set_expected_bucket_owner(owner);
                let sent = request.send().await;
                of_setting(sent.map(drop).map_err(|error| AwsError::new("s3", bucket, error)))
            }};
            ($operation:ident, $prefix:expr) => {{
                let request = s3.$operation().bucket(bucket).set_prefix($prefix);
                let sent = request.set_expected_bucket_owner(owner).send().await;
                let sent = sent.map(drop).map_err(|error| AwsError::new("s3", bucket, error));
                Finding::of(&sent, "it was listed")
            }};
        }
        Some(match question.action.as_str() {
            "s3:ListBucket" if !is_head(question) => ask!(list_objects_v2, self.prefix(question)),
            "s3:ListBucketVersions" => ask!(list_object_versions, self.prefix(question)),
            "s3:ListBucketMultipartUploads" => {
                let own = Prefix::of_run(Root::Test, self.run).to_string();
                ask!(list_multipart_uploads, Some(own))
            }
            "s3:GetBucketLocation" => ask!(get_bucket_location),
            "s3:GetBucketPublicAccessBlock" => ask!(get_public_access_block),
            "s3:GetBucketTagging" => ask!(get_bucket_tagging),
            "s3:GetBucketVersioning" => ask!(get_bucket_versioning),
            "s3:GetEncryptionConfiguration" => ask!(get_bucket_encryption),
            "s3:GetLifecycleConfiguration" => ask!(get_bucket_lifecycle_configuration),
            _ => return None,
        })
    }

    /// A prefix that is within what is asked, and below which there is nothing to list.
    fn prefix(&self, question: &Question) -> Option<String> {
        match question.listed.as_ref()? {
            Keys::Below(root) => Some(Prefix::of_run(*root, self.run).to_string()),
            Keys::BelowKeyPrefix => Some(format!("{}{}", self.places.key_prefix, self.run)),
            Keys::Exactly(prefix) => Some(prefix.clone()),
        }
    }
}

/// HeadBucket, and the 404 of a missing object, are `s3:ListBucket` without a prefix.
fn is_head(question: &Question) -> bool {
    question.action == "s3:ListBucket"
        && question.listed.is_none()
        && matches!(question.thing, Thing::Bucket(_))
}

/// That a bucket has no such setting is told to who may read it.
fn of_setting(sent: Result<(), AwsError>) -> Finding {
    match &sent {
        Err(error)
            if Verdict::of(error) == Verdict::Missing
                && error.code.as_deref() != Some("NoSuchBucket") =>
        {
            Finding::probed(Verdict::Allowed, "it was read: there is none")
        }
        _ => Finding::of(&sent, "it was read"),
    }
}
