//! What the target lacks: what S3 should do is tried on an object of our own. Models and endpoints are a
//! matter of configuration: `models.rs`.
//!
//! AWS itself is not asked: what it does is documented. Anything else that answers at
//! `AWS_ENDPOINT_URL` is, since S3-compatible servers differ. Only a provable lack counts; where a
//! probe fails for another reason, the tests that need the capability run and tell.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use contract::{Capability, Prefix, Root, RunId, Shard, Target, TestId};

use super::target::RunTarget;
use crate::aws::{Aws, AwsError, ErrorKind};
use crate::plain_http::{self, PlainClient};
use crate::report::SkipReason;

/// The capabilities that the target is seen to lack, with the reason to skip what needs them.
///
/// # Errors
/// Where no object can be written at all.
pub(crate) async fn lacking(
    target: &RunTarget,
    run: &RunId,
    shard: Option<Shard>,
) -> Result<BTreeMap<Capability, SkipReason>> {
    let buckets = target.bucket_names();
    let mut lacking = BTreeMap::new();
    let bucket = match buckets.first() {
        Some(bucket) if target.target == Target::Aws && target.aws.endpoint.is_some() => bucket,
        _ => return Ok(lacking),
    };
    let probe = Probe::new(&target.aws, bucket, run, shard)?;
    probe.put().await.map_err(AwsError::into_error)?;
    for capability in Capability::ALL {
        if let Some(evidence) = probe.finds_lacking(capability).await {
            lacking.insert(capability, SkipReason::lacking(capability, &evidence));
        }
    }
    // What the probes wrote lies below the run's prefix: the sweep removes it, versions and all.
    Ok(lacking)
}

/// The test's name under which the probes write. Each shard has its own, so that none sweeps up what
/// another is still trying.
pub(crate) fn probe_id(shard: Option<Shard>) -> TestId {
    let shard = shard.map(|shard| format!("::shard-{}", shard.name())).unwrap_or_default();
    TestId::new("xtask", format!("preflight::probe{shard}"))
}

struct Probe<'a> {
    aws: &'a Aws,
    bucket: &'a str,
    key: String,
    http: PlainClient,
}

impl Probe<'_> {
    fn new<'a>(
        aws: &'a Aws,
        bucket: &'a str,
        run: &RunId,
        shard: Option<Shard>,
    ) -> Result<Probe<'a>> {
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let prefix = Prefix::of_attempt(Root::Test, run, &probe_id(shard), &nonce)
            .map_err(anyhow::Error::msg)
            .context("naming the probe's prefix")?;
        Ok(Probe {
            aws,
            bucket,
            key: format!("{prefix}object"),
            http: plain_http::client(&aws.meter),
        })
    }

    /// The evidence that the target cannot do it; `None` where there is none, or nothing to try.
    async fn finds_lacking(&self, capability: Capability) -> Option<String> {
        match capability {
            Capability::SignatureVerification => self.takes_bad_urls().await,
            Capability::ChecksumVerification => self.takes_a_wrong_checksum().await,
            Capability::ConditionalWrites => self.overwrites_in_spite().await,
            Capability::UploadListing => self.lists_no_uploads().await,
            Capability::BedrockModel | Capability::SageMakerEndpoint | Capability::StagedModels => {
                None
            }
        }
    }

    fn put_object(&self) -> aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder {
        self.aws
            .s3
            .put_object()
            .bucket(self.bucket)
            .key(&self.key)
            .set_expected_bucket_owner(self.aws.expected_owner())
            .body(ByteStream::from_static(b"probe"))
    }

    async fn put(&self) -> Result<(), AwsError> {
        let subject = format!("{}/{}", self.bucket, self.key);
        let put = self.put_object().send().await;
        put.map(drop).map_err(|error| AwsError::new("s3:PutObject", subject, error))
    }

    /// A presigned URL with a changed signature, and one that expired an hour ago.
    async fn takes_bad_urls(&self) -> Option<String> {
        let url = |start: SystemTime| async move {
            let config = PresigningConfig::builder()
                .start_time(start)
                .expires_in(Duration::from_secs(60))
                .build()
                .ok()?;
            let get = self.aws.s3.get_object().bucket(self.bucket).key(&self.key);
            Some(get.presigned(config).await.ok()?.uri().to_owned())
        };
        let now = self.aws.clock.now();
        let tampered = change_signature(&url(now).await?)?;
        let expired = url(now - Duration::from_secs(3600)).await?;
        for (what, url) in [("a changed signature", tampered), ("an expired URL", expired)] {
            // No answer proves nothing.
            if let Ok(status) = self.http.get_status(&url).await
                && (200..300).contains(&status)
            {
                return Some(format!("{what} was answered with {status}"));
            }
        }
        None
    }

    /// A refusal counts only where nothing was written: some servers look at the sum afterwards.
    async fn takes_a_wrong_checksum(&self) -> Option<String> {
        let key = format!("{}-with-a-wrong-checksum", self.key);
        // The CRC32 of nothing, for a body that is not empty.
        let put = self.put_object().key(&key).checksum_crc32("AAAAAA==").send().await;
        if put.is_ok() {
            return Some("a wrong CRC32 was taken".to_owned());
        }
        let head = self.aws.s3.head_object().bucket(self.bucket).key(&key);
        let head = head.set_expected_bucket_owner(self.aws.expected_owner()).send().await;
        head.is_ok().then(|| "an upload with a wrong CRC32 was refused and written".to_owned())
    }

    async fn overwrites_in_spite(&self) -> Option<String> {
        match self.put_object().if_none_match("*").send().await {
            Ok(_) => Some("the second write of a key was taken".to_owned()),
            Err(error) => {
                let error = AwsError::new("s3:PutObject", self.bucket, error);
                (error.kind == ErrorKind::NotSupported)
                    .then(|| "the header is not supported".to_owned())
            }
        }
    }

    async fn lists_no_uploads(&self) -> Option<String> {
        let list = self.aws.s3.list_multipart_uploads().bucket(self.bucket).prefix(&self.key);
        let list = list.set_expected_bucket_owner(self.aws.expected_owner()).send().await;
        let error = AwsError::new("s3:ListBucketMultipartUploads", self.bucket, list.err()?);
        (error.kind == ErrorKind::NotSupported).then(|| "the listing is not supported".to_owned())
    }
}

/// Changes the first digit of the signature.
fn change_signature(url: &str) -> Option<String> {
    let at = url.find("X-Amz-Signature=")? + "X-Amz-Signature=".len();
    let digit = url.get(at..=at)?;
    let other = if digit == "0" { "1" } else { "0" };
    Some(format!("{}{other}{}", &url[..at], &url[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_digit_of_the_signature_changes() {
        assert_eq!(
            change_signature("http://h/k?X-Amz-Signature=0abc&x=1").unwrap(),
            "http://h/k?X-Amz-Signature=1abc&x=1"
        );
        assert_eq!(change_signature("http://h/k"), None);
    }
}
