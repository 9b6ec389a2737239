//! What a bucket is to us, before anything is done with it.

use aws_sdk_s3::types::Tag;

use crate::aws::{Aws, AwsError, ErrorKind};

/// The tag that `setup` puts on a bucket that it created or adopted. Clean-up needs it, or the
/// bucket's name on the command line. A key of our own: a common one such as `managed-by` may stand
/// there already, with a value that somebody else's tool relies on.
pub(crate) const TAG_KEY: &str = "cargo-xtask";
/// The value of [`TAG_KEY`].
pub(crate) const TAG_VALUE: &str = "test-bucket";

/// What HeadBucket says of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Ours to use: it is there, in our region, and belongs to our account as far as can be told.
    Present,
    /// There is no bucket of this name.
    Missing,
    /// It is there and not ours: another account's, or one that we may not see.
    Foreign,
    /// It is there, in this region, or in one that was not named.
    ElsewhereIn(Option<String>),
}

/// Asks whether a bucket is there and whose it is.
///
/// # Errors
/// Every failure that says nothing about the bucket.
pub(crate) async fn presence(aws: &Aws, bucket: &str) -> Result<Presence, AwsError> {
    let head = aws.s3.head_bucket().bucket(bucket).set_expected_bucket_owner(aws.expected_owner());
    match head.send().await {
        Ok(head) => match head.bucket_region() {
            // Other servers put anything there, or nothing; AWS's word counts.
            Some(region) if aws.endpoint.is_none() && region != aws.region => {
                Ok(Presence::ElsewhereIn(Some(region.to_owned())))
            }
            _ => Ok(Presence::Present),
        },
        Err(error) => {
            let error = AwsError::new("s3:ListBucket", bucket, error);
            match error.kind {
                ErrorKind::Missing => Ok(Presence::Missing),
                ErrorKind::WrongRegion => Ok(Presence::ElsewhereIn(error.bucket_region)),
                ErrorKind::Denied => match error.bucket_region {
                    Some(region) if region != aws.region => Ok(Presence::ElsewhereIn(Some(region))),
                    _ => Ok(Presence::Foreign),
                },
                _ => Err(error),
            }
        }
    }
}

/// The tags of a bucket.
#[derive(Debug, Clone)]
pub(crate) enum Tags {
    /// The tags; none is an empty list.
    Known(Vec<Tag>),
    /// The server has no bucket tags.
    NotSupported,
}

impl Tags {
    /// Whether `setup` created or adopted the bucket.
    pub(crate) fn are_ours(&self) -> bool {
        match self {
            Tags::Known(tags) => {
                tags.iter().any(|tag| tag.key() == TAG_KEY && tag.value() == TAG_VALUE)
            }
            Tags::NotSupported => false,
        }
    }
}

/// Reads the tags of a bucket.
///
/// # Errors
/// Where they cannot be read; that the bucket has none is no error.
pub(crate) async fn tags(aws: &Aws, bucket: &str) -> Result<Tags, AwsError> {
    let get = aws.s3.get_bucket_tagging().bucket(bucket);
    match get.set_expected_bucket_owner(aws.expected_owner()).send().await {
        Ok(output) => Ok(Tags::Known(output.tag_set)),
        Err(error) => {
            let error = AwsError::new("s3:GetBucketTagging", bucket, error);
            match (error.code.as_deref(), error.kind) {
                (Some("NoSuchTagSet" | "NoSuchTagSetError"), _) => Ok(Tags::Known(Vec::new())),
                (_, ErrorKind::NotSupported) => Ok(Tags::NotSupported),
                _ => Err(error),
            }
        }
    }
}
