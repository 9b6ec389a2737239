//! The client: everything from the configuration that was handed in, the rest from the settings.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Region};
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use super::super::error::StorageError;
use crate::settings::{AddressingStyle, S3Settings};

/// Builds the client with the HTTP client, the credentials and the endpoint of `aws`.
///
/// The region is that of the settings. Retries are those of `aws`, or the SDK's standard mode.
pub(super) fn build(settings: &S3Settings, aws: &SdkConfig) -> Result<Client, StorageError> {
    let missing = if aws.credentials_provider().is_none() {
        Some(
            "there are no AWS credentials: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`",
        )
    } else if aws.http_client().is_none() {
        // The SDK is built without its default client, and would only say so at the first request.
        Some("the SDK configuration has no HTTP client: give the loader one by `http_client`")
    } else {
        None
    };
    if let Some(missing) = missing {
        return Err(StorageError::NotConfigured { missing });
    }
    let path_style = match settings.addressing {
        AddressingStyle::Auto => custom_endpoint(aws).is_some(),
        AddressingStyle::Path => true,
        AddressingStyle::Virtual => false,
    };
    let mut builder = Builder::from(aws)
        .region(Region::new(settings.region.as_str().to_owned()))
        .force_path_style(path_style);
    if aws.behavior_version().is_none() {
        builder.set_behavior_version(Some(BehaviorVersion::latest()));
    }
    if aws.retry_config().is_none() {
        builder.set_retry_config(Some(RetryConfig::standard()));
    }
    Ok(Client::from_conf(builder.build()))
}

/// The endpoint that the client will use, if it is not AWS's own; by the same precedence as the SDK's.
pub(super) fn custom_endpoint(aws: &SdkConfig) -> Option<String> {
    let general = aws.endpoint_url().map(str::to_owned);
    if aws.get_origin("endpoint_url").is_client_config() {
        return general;
    }
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let of_s3 = key.ok().and_then(|key| aws.service_config()?.load_config(key));
    of_s3.or(general)
}
