//! Default encryption: at least AES256 with S3's own keys. A KMS key that is there stays.

use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault as ByDefault,
    ServerSideEncryptionConfiguration as Configuration, ServerSideEncryptionRule as Rule,
};

use super::{Change, Plan};
use crate::aws::{Aws, AwsError};

/// The rules of a bucket; `None` where there are none.
pub(super) async fn read(aws: &Aws, bucket: &str) -> Result<Option<Configuration>, AwsError> {
    let get = aws.s3.get_bucket_encryption().bucket(bucket);
    match get.set_expected_bucket_owner(aws.expected_owner()).send().await {
        Ok(output) => Ok(output.server_side_encryption_configuration),
        Err(error) => {
            let error = AwsError::new("s3:GetEncryptionConfiguration", bucket, error);
            match error.code.as_deref() {
                Some("ServerSideEncryptionConfigurationNotFoundError") => Ok(None),
                _ => Err(error),
            }
        }
    }
}

/// Adds AES256 where no algorithm is named. Every algorithm that AWS has is as strong or stronger, so
/// whatever is named stays, and so does the rest of the rule.
pub(super) fn plan(current: Option<Configuration>) -> Plan {
    let mut rules = current.map(|current| current.rules).unwrap_or_default();
    let named = rules.iter().find_map(|rule| rule.apply_server_side_encryption_by_default());
    if let Some(named) = named {
        let kept =
            if *named.sse_algorithm() == ServerSideEncryption::Aes256 { "" } else { " kept" };
        return Plan::Unchanged(format!("{}{kept}", named.sse_algorithm()));
    }
    let aes256 = ByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build().ok();
    match rules.first_mut() {
        Some(rule) => rule.apply_server_side_encryption_by_default = aes256,
        None => {
            rules.push(Rule::builder().set_apply_server_side_encryption_by_default(aes256).build())
        }
    }
    let configuration = Configuration::builder().set_rules(Some(rules)).build();
    let configuration = configuration.expect("a configuration with rules is complete");
    Plan::Change(Change::Encryption(configuration), "AES256".to_owned())
}

/// Writes all rules.
pub(super) async fn write(
    aws: &Aws,
    bucket: &str,
    configuration: &Configuration,
) -> Result<(), AwsError> {
    let put = aws.s3.put_bucket_encryption().bucket(bucket);
    let put = put.server_side_encryption_configuration(configuration.clone());
    match put.set_expected_bucket_owner(aws.expected_owner()).send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(AwsError::new("s3:PutEncryptionConfiguration", bucket, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(algorithm: Option<ServerSideEncryption>) -> Configuration {
        let by_default = algorithm
            .map(|algorithm| ByDefault::builder().sse_algorithm(algorithm).build().unwrap());
        let rule = Rule::builder()
            .set_apply_server_side_encryption_by_default(by_default)
            .bucket_key_enabled(true)
            .build();
        Configuration::builder().rules(rule).build().unwrap()
    }

    #[test]
    fn nothing_that_is_named_is_replaced() {
        for (algorithm, shown) in [
            (ServerSideEncryption::Aes256, "AES256"),
            (ServerSideEncryption::AwsKms, "aws:kms kept"),
            (ServerSideEncryption::AwsKmsDsse, "aws:kms:dsse kept"),
        ] {
            let Plan::Unchanged(detail) = plan(Some(rule(Some(algorithm)))) else {
                panic!("a change to {shown}")
            };
            assert_eq!(detail, shown);
        }
    }

    #[test]
    fn a_rule_without_an_algorithm_keeps_its_other_fields() {
        let Plan::Change(Change::Encryption(written), _) = plan(Some(rule(None))) else {
            panic!("no change")
        };
        assert_eq!(written, rule(Some(ServerSideEncryption::Aes256)));
        assert!(plan(None).is_change());
    }
}
