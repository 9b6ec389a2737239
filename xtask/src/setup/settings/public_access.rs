//! Block Public Access: all four settings on. Tests need no public object, and a leaked one costs.

use aws_sdk_s3::types::PublicAccessBlockConfiguration as Blocks;

use super::{Change, Plan};
use crate::aws::{Aws, AwsError};

/// The settings of a bucket; `None` where none were ever made.
pub(super) async fn read(aws: &Aws, bucket: &str) -> Result<Option<Blocks>, AwsError> {
    let get = aws.s3.get_public_access_block().bucket(bucket);
    match get.set_expected_bucket_owner(aws.expected_owner()).send().await {
        Ok(output) => Ok(output.public_access_block_configuration),
        Err(error) => {
            let error = AwsError::new("s3:GetBucketPublicAccessBlock", bucket, error);
            match error.code.as_deref() {
                Some("NoSuchPublicAccessBlockConfiguration") => Ok(None),
                _ => Err(error),
            }
        }
    }
}

/// Turns on what is off.
pub(super) fn plan(current: Option<Blocks>) -> Plan {
    let current = current.unwrap_or_else(|| Blocks::builder().build());
    let off: Vec<&str> = [
        ("BlockPublicAcls", current.block_public_acls),
        ("IgnorePublicAcls", current.ignore_public_acls),
        ("BlockPublicPolicy", current.block_public_policy),
        ("RestrictPublicBuckets", current.restrict_public_buckets),
    ]
    .into_iter()
    .filter(|(_, on)| *on != Some(true))
    .map(|(name, _)| name)
    .collect();
    let all_on = "all four on".to_owned();
    if off.is_empty() {
        return Plan::Unchanged(all_on);
    }
    let detail = if off.len() == 4 { all_on } else { format!("{all_on} ({} new)", off.join(", ")) };
    let blocks = Blocks::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    Plan::Change(Change::PublicAccess(blocks), detail)
}

/// Writes all four settings.
pub(super) async fn write(aws: &Aws, bucket: &str, blocks: &Blocks) -> Result<(), AwsError> {
    let put = aws.s3.put_public_access_block().bucket(bucket);
    let put = put.public_access_block_configuration(blocks.clone());
    match put.set_expected_bucket_owner(aws.expected_owner()).send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(AwsError::new("s3:PutBucketPublicAccessBlock", bucket, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_four_are_enough() {
        let all = Blocks::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        assert!(matches!(plan(Some(all.clone())), Plan::Unchanged(_)));
        assert!(plan(None).is_change());

        let mut partly = all.clone();
        partly.block_public_policy = Some(false);
        let Plan::Change(Change::PublicAccess(written), detail) = plan(Some(partly)) else {
            panic!("no change")
        };
        assert_eq!(written, all);
        assert_eq!(detail, "all four on (BlockPublicPolicy new)");
    }
}
