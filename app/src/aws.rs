//! Loads the configuration of the AWS SDK: the app's settings, and below them what every AWS tool reads.

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::{ProvideRegion, RegionProviderChain};
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use url::Url;

use crate::settings::AwsSettings;

/// The configuration for every client of the app. No request is made here, not even to instance metadata.
///
/// Region: of the settings, of the environment, of the profile. Credentials: of the settings, or the SDK's chain, which is asked
/// when they are first needed. Endpoints: of the settings, or the profile.
pub async fn load(settings: &AwsSettings) -> SdkConfig {
    let http_client = http_client(settings);
    let region = region(settings).await;
    let credentials = match of_settings(settings) {
        Some(credentials) => SharedCredentialsProvider::new(credentials),
        None => {
            let config = ProviderConfig::without_region().with_http_client(http_client.clone());
            SharedCredentialsProvider::new(chain(settings, region.clone(), config).await)
        }
    };
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client)
        // Without any region, the SDK's chain for tokens would ask instance metadata for one, here and now.
        .region(region.clone().unwrap_or(Region::from_static("us-east-1")))
        .credentials_provider(credentials);
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &settings.endpoint_url {
        loader = loader.endpoint_url(endpoint(url));
    }
    let loaded = loader.load().await;
    let endpoints = ServiceEndpoints { settings: settings.clone(), loaded: loaded.clone() };
    loaded.to_builder().region(region).service_config(endpoints).build()
}

/// Without instance metadata: on a machine that is none of AWS's, asking for it would delay the start by seconds.
async fn region(settings: &AwsSettings) -> Option<Region> {
    if let Some(region) = &settings.region {
        return Some(Region::new(region.as_str().to_owned()));
    }
    if let Some(region) = EnvironmentVariableRegionProvider::new().region().await {
        return Some(region);
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name);
    }
    profile.build().region().await
}

fn of_settings(settings: &AwsSettings) -> Option<Credentials> {
    let keys = settings.credentials.as_ref()?;
    let token = keys.session_token.as_ref().map(|token| token.expose().to_owned());
    let (id, secret) = (keys.access_key_id.expose(), keys.secret_access_key.expose());
    Some(Credentials::new(id, secret, token, None, "settings"))
}

async fn chain(
    settings: &AwsSettings,
    region: Option<Region>,
    config: ProviderConfig,
) -> DefaultCredentialsChain {
    // Where instance metadata is there, it answers within milliseconds; where not, the caller waits for nothing.
    let metadata = imds::Client::builder()
        .configure(&config)
        .max_attempts(1)
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(1))
        .build();
    let mut chain = DefaultCredentialsChain::builder()
        .configure(config)
        .imds_client(metadata)
        // Named, even if there is none: or else the chain asks instance metadata for it.
        .region(RegionProviderChain::first_try(region));
    if let Some(profile) = &settings.profile {
        chain = chain.profile_name(profile);
    }
    chain.build().await
}

/// Without TLS where every request goes to plain endpoints: reading the system's root certificates takes its time.
fn http_client(settings: &AwsSettings) -> SharedHttpClient {
    let plain = |url: &Option<Url>| url.as_ref().is_some_and(|url| url.scheme() == "http");
    let encrypted = |url: &Option<Url>| url.as_ref().is_some_and(|url| url.scheme() == "https");
    let services = [
        &settings.endpoint_url_s3,
        &settings.endpoint_url_bedrock_runtime,
        &settings.endpoint_url_sagemaker_runtime,
    ];
    // Credentials of a profile may come over TLS from elsewhere.
    let own_credentials = settings.credentials.is_some();
    let builder = aws_smithy_http_client::Builder::new();
    if own_credentials && plain(&settings.endpoint_url) && !services.into_iter().any(encrypted) {
        builder.build_http()
    } else {
        builder
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https()
    }
}

/// The endpoints of single services as the settings have them: `app/.env` is not in the environment that the SDK reads.
#[derive(Debug)]
struct ServiceEndpoints {
    settings: AwsSettings,
    loaded: SdkConfig,
}

impl LoadServiceConfig for ServiceEndpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let url = match (key.env(), key.service_id()) {
            ("AWS_ENDPOINT_URL", "S3") => self.settings.endpoint_url_s3.as_ref(),
            ("AWS_ENDPOINT_URL", "Bedrock Runtime") => {
                self.settings.endpoint_url_bedrock_runtime.as_ref()
            }
            ("AWS_ENDPOINT_URL", "SageMaker Runtime") => {
                self.settings.endpoint_url_sagemaker_runtime.as_ref()
            }
            _ => None,
        };
        match url {
            Some(url) => Some(endpoint(url)),
            None => self.loaded.service_config()?.load_config(key),
        }
    }
}

/// `Url` ends an empty path with `/`, which the SDK would keep in front of its own.
fn endpoint(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    async fn load_from(vars: &[(&str, &str)]) -> SdkConfig {
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load(&Settings::from_vars(vars).unwrap().aws).await
    }

    fn endpoint_of(config: &SdkConfig, service: &str) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .unwrap();
        config.service_config().unwrap().load_config(key)
    }

    #[tokio::test]
    async fn settings_that_the_environment_does_not_have_are_in_the_configuration() {
        let config = load_from(&[
            ("AWS_REGION", "garage"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1/"),
            ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2"),
            ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:3"),
            ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "http://127.0.0.1:4/base/"),
        ])
        .await;
        assert_eq!(config.region().unwrap().as_ref(), "garage");
        assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:1"));
        for (service, expected) in [
            ("S3", "http://127.0.0.1:2"),
            ("Bedrock Runtime", "http://127.0.0.1:3"),
            ("SageMaker Runtime", "http://127.0.0.1:4/base"),
        ] {
            assert_eq!(endpoint_of(&config, service).as_deref(), Some(expected));
        }
        assert!(config.http_client().is_some() && config.sleep_impl().is_some());
        use aws_credential_types::provider::ProvideCredentials as _;
        let provider = config.credentials_provider().unwrap();
        assert_eq!(provider.provide_credentials().await.unwrap().access_key_id(), "id");
    }
}
