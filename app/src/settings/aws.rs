//! The AWS variables: the app only passes them on to whoever loads the SDK's configuration.

use url::Url;

use super::reader::Reader;
use super::region::RegionName;
use super::secret::Secret;

/// The standard AWS variables, as `app/.env` may hold them too.
///
/// The app itself is handed an `SdkConfig`; these are for the code that builds one.
/// Credentials of the environment and of `app/.env` are never mixed: see [`Settings::load`](super::Settings::load).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AwsSettings {
    /// `AWS_ACCESS_KEY_ID` and what belongs to it.
    pub credentials: Option<AwsCredentials>,
    /// `AWS_REGION`.
    pub region: Option<RegionName>,
    /// `AWS_PROFILE`.
    pub profile: Option<String>,
    /// `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<Url>,
    /// `AWS_ENDPOINT_URL_S3`.
    pub endpoint_url_s3: Option<Url>,
    /// `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`.
    pub endpoint_url_bedrock_runtime: Option<Url>,
    /// `AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME`.
    pub endpoint_url_sagemaker_runtime: Option<Url>,
}

/// A key pair, with a token where it is a temporary one.
#[derive(Clone, Debug)]
pub struct AwsCredentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: Secret,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: Secret,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<Secret>,
}

impl AwsSettings {
    pub(super) fn read(reader: &mut Reader, region: Option<RegionName>) -> Self {
        let secret = |text| Ok(Secret::new(text));
        let id = reader.secret("AWS_ACCESS_KEY_ID", secret);
        let key = reader.secret("AWS_SECRET_ACCESS_KEY", secret);
        let session_token = reader.secret("AWS_SESSION_TOKEN", secret);
        let credentials = match (id, key) {
            (Some(access_key_id), Some(secret_access_key)) => {
                Some(AwsCredentials { access_key_id, secret_access_key, session_token })
            }
            (Some(_), None) => {
                reader.problem("AWS_SECRET_ACCESS_KEY", "not set, although `AWS_ACCESS_KEY_ID` is");
                None
            }
            (None, Some(_)) => {
                reader.problem("AWS_ACCESS_KEY_ID", "not set, although `AWS_SECRET_ACCESS_KEY` is");
                None
            }
            (None, None) => {
                if session_token.is_some() {
                    reader.problem("AWS_ACCESS_KEY_ID", "not set, although `AWS_SESSION_TOKEN` is");
                }
                None
            }
        };
        Self {
            credentials,
            region,
            profile: reader.optional("AWS_PROFILE", |text| Ok(text.to_owned())),
            endpoint_url: reader.optional("AWS_ENDPOINT_URL", endpoint),
            endpoint_url_s3: reader.optional("AWS_ENDPOINT_URL_S3", endpoint),
            endpoint_url_bedrock_runtime: reader
                .optional("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", endpoint),
            endpoint_url_sagemaker_runtime: reader
                .optional("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", endpoint),
        }
    }
}

fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    // The value is not repeated: where credentials stand in a URL, the URL is a secret.
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        Err("the URL is not one of `http` or `https`".to_owned())
    } else if !url.username().is_empty() || url.password().is_some() {
        Err("the URL has credentials in it".to_owned())
    } else {
        Ok(url)
    }
}
