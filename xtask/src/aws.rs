//! The connection to AWS: credentials, region and endpoint by the standard rules.
//!
//! The only file that builds SDK clients.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_http_client::tls;

use aws_smithy_async::rt::sleep::TokioSleep;
use contract::test_id::SandboxKey;
use meter::Meter;

mod clock;
mod content_md5;
mod credentials;
mod endpoints;
mod error;
mod http_client;
mod signed;

pub(crate) use clock::ServerClock;
pub(crate) use credentials::{CURES, NOWHERE, Source as CredentialSource};
pub(crate) use endpoints::Service;
pub(crate) use error::{AwsError, Kind as ErrorKind};
pub(crate) use http_client::HttpClient;
pub(crate) use signed::{Element, Request, Signed};

use endpoints::Endpoints;

use crate::accounts::{self, is_account};
use crate::cli::Connection;
use crate::config::Config;
use crate::error::{Hint as _, hinted};

/// A connection to AWS, or to a server that speaks its protocol.
#[derive(Clone)]
pub(crate) struct Aws {
    /// The S3 client.
    pub(crate) s3: aws_sdk_s3::Client,
    /// The client of every other service.
    pub(crate) signed: Signed,
    /// The region that requests are signed for.
    pub(crate) region: String,
    /// The endpoint, where it is not AWS's own.
    pub(crate) endpoint: Option<String>,
    /// Who is asking.
    pub(crate) identity: Identity,
    /// Where the credentials came from.
    pub(crate) credentials: CredentialSource,
    /// The time by the server's clock.
    pub(crate) clock: ServerClock,
    /// Counts what is called by this connection.
    pub(crate) meter: Meter,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// As STS says.
    Known {
        /// The account id, 12 digits.
        account: String,
        /// The caller's ARN.
        arn: String,
    },
    /// The server has no STS. Without an account there is no owner to check.
    Unknown,
}

impl fmt::Display for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, region {}", self.endpoint_shown(), self.region)?;
        match &self.identity {
            Identity::Known { account, .. } => write!(f, ", account {account}"),
            Identity::Unknown => f.write_str(", account unknown"),
        }
    }
}

impl Aws {
    /// The account that every bucket has to belong to, for `x-amz-expected-bucket-owner`; `None`
    /// where the server has no identities.
    pub(crate) fn expected_owner(&self) -> Option<String> {
        match &self.identity {
            Identity::Known { account, .. } => Some(account.clone()),
            Identity::Unknown => None,
        }
    }

    /// The same connection for what is not worth waiting for as long as a run waits.
    pub(crate) fn impatient(&self) -> Aws {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(6))
            .build();
        let config = self.s3.config().to_builder().timeout_config(timeouts);
        let config = config.retry_config(RetryConfig::standard().with_max_attempts(2));
        Aws { s3: aws_sdk_s3::Client::from_conf(config.build()), ..self.clone() }
    }

    /// The endpoint as it is shown.
    pub(crate) fn endpoint_shown(&self) -> &str {
        self.endpoint.as_deref().unwrap_or("AWS")
    }
}

/// The connection of a command that can do nothing without one.
///
/// # Errors
/// Those of [`connect`]; where no credentials were found anywhere, with what to do about it.
pub(crate) async fn require(config: &Config, flags: &Connection) -> Result<Aws> {
    match connect(config, flags).await? {
        Some(aws) => Ok(aws),
        None => {
            let error = anyhow!("AWS is not configured: {NOWHERE}");
            Err(CURES.into_iter().rev().fold(error, hinted))
        }
    }
}

/// Finds credentials, region and endpoint by the standard rules, with what the command line says above
/// them, and asks who we are. `None` where no credentials were found anywhere.
///
/// # Errors
/// Where the configuration is broken: half a key pair, no region, refused or expired credentials,
/// an endpoint that does not answer, an account that the workspace does not allow. Each call has a bound
/// of about ten seconds.
pub(crate) async fn connect(config: &Config, flags: &Connection) -> Result<Option<Aws>> {
    let endpoints = Endpoints::of(config)?;
    let http_client = http_client(&endpoints);
    let source = credentials::find(config, flags)?;
    let region = region(config, flags, source.profile()).await;
    let provider = source.provider(
        ProviderConfig::without_region().with_http_client(http_client.clone()),
        region.clone(),
    );
    let profile = source.profile().to_owned();
    let Some(source) = resolve(&provider, source).await? else { return Ok(None) };
    let Some(region) = region else {
        return Err(anyhow!("no region is configured: `AWS_REGION` is not set"))
            .hint("export AWS_REGION=us-west-2, or add `AWS_REGION=us-west-2` to `app/.env`");
    };
    let sdk = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client)
        .region(region.clone())
        .profile_name(profile)
        .credentials_provider(provider)
        .retry_config(RetryConfig::standard())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .read_timeout(Duration::from_secs(20))
                .build(),
        )
        .load()
        .await;

    let endpoints = endpoints.or(sdk.endpoint_url());
    let sts_endpoint = endpoints.sts.clone();
    let mut aws = Aws::new(&sdk, region, endpoints, source);
    if aws.endpoint.is_some() {
        greet(&aws).await?;
    }
    // A server of S3 only is no reason to ask AWS who we are there.
    if aws.endpoint.is_none() || sts_endpoint.is_some() {
        let sdk = metered(&sdk, &aws.meter);
        let mut sts = aws_sdk_sts::config::Builder::from(&sdk).interceptor(aws.clock.interceptor());
        sts.set_endpoint_url(sts_endpoint);
        sts.set_timeout_config(Some(greeting_timeouts()));
        let sts = aws_sdk_sts::Client::from_conf(sts.build());
        aws.identity = identity(&sts, aws.endpoint.is_some()).await?;
    }
    accounts::check(&config.workspace, &aws.identity, &aws.credentials.to_string())?;
    Ok(Some(aws))
}

/// Connects to the embedded AWS, without a look at any configuration.
pub(crate) fn connect_to_sandbox(
    endpoint: &str,
    region: &str,
    key: &SandboxKey,
    account: &str,
) -> Aws {
    let region = Region::new(region.to_owned());
    let credentials = Credentials::new(&key.id, &key.secret, None, None, "sandbox");
    let sdk = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(region.clone())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard())
        .sleep_impl(TokioSleep::new())
        .build();
    let endpoints = Endpoints::all_at(endpoint);
    let mut aws = Aws::new(&sdk, region, endpoints, CredentialSource::sandbox());
    aws.identity = Identity::Known {
        account: account.to_owned(),
        arn: format!("arn:aws:iam::{account}:user/harness"),
    };
    aws
}

impl Aws {
    fn new(
        sdk: &aws_config::SdkConfig,
        region: Region,
        endpoints: Endpoints,
        credentials: CredentialSource,
    ) -> Aws {
        let clock = ServerClock::default();
        let meter = Meter::new(endpoints.urls());
        let sdk = metered(sdk, &meter);
        let endpoint = endpoints.s3.clone();
        // The SDK uses path style by itself only where the endpoint is an IP address.
        let mut s3 = aws_sdk_s3::config::Builder::from(&sdk)
            .force_path_style(endpoint.is_some())
            .interceptor(clock.interceptor());
        s3.set_endpoint_url(endpoint.clone());
        if endpoint.is_some() {
            s3 = s3.interceptor(content_md5::ContentMd5);
        }
        let provider = sdk.credentials_provider();
        Aws {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            signed: Signed::new(provider, clock.clone(), meter.clone(), endpoints, region.as_ref()),
            region: region.to_string(),
            endpoint,
            identity: Identity::Unknown,
            credentials,
            clock,
            meter,
        }
    }
}

/// The same configuration, whose clients are counted; what its credentials come from is not.
fn metered(sdk: &aws_config::SdkConfig, meter: &Meter) -> aws_config::SdkConfig {
    let client = sdk.http_client().map(|client| meter.wrap(client));
    let mut builder = sdk.to_builder();
    builder.set_http_client(client);
    builder.build()
}

/// A server that takes the connection and says nothing must not hold up the run.
fn greeting_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(10))
        .build()
}

/// The plainest of calls, to a server that is not AWS: does it speak S3, and does it know our key?
/// HeadBucket, which comes next, has no body and could not tell.
async fn greet(aws: &Aws) -> Result<()> {
    let timeouts = aws_sdk_s3::Config::builder().timeout_config(greeting_timeouts());
    let list = aws.s3.list_buckets().customize().config_override(timeouts);
    let Err(error) = list.send().await else { return Ok(()) };
    let mut error = AwsError::new("s3:ListAllMyBuckets", "", error);
    if error.kind != ErrorKind::Unreachable && error.code.is_none() {
        error = error.not_the_protocol();
    }
    match error.kind {
        ErrorKind::Unreachable
        | ErrorKind::NotTheProtocol
        | ErrorKind::BadCredentials
        | ErrorKind::Expired
        | ErrorKind::ClockSkew
        | ErrorKind::WrongRegion => {
            Err(error.into_error()).context(format!("the server at {}", aws.endpoint_shown()))
        }
        // Denied or not supported: it speaks S3, and we may not need to list buckets.
        _ => Ok(()),
    }
}

/// The region by the standard order, without asking instance metadata: tests that run in whatever
/// region the machine happens to stand in are no help.
async fn region(config: &Config, flags: &Connection, profile: &str) -> Option<Region> {
    let named = flags.region.as_deref();
    let named =
        named.or_else(|| config.get("AWS_REGION")).or_else(|| config.get("AWS_DEFAULT_REGION"));
    match named {
        Some(region) => Some(Region::new(region.to_owned())),
        None => ProfileFileRegionProvider::builder().profile_name(profile).build().region().await,
    }
}

/// A client without TLS where nothing but plain endpoints can be asked: reading the system's root
/// certificates takes longer than a whole run against loopback.
fn http_client(endpoints: &Endpoints) -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    let plain = |endpoint: &Option<String>| {
        endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"))
    };
    let builder = aws_smithy_http_client::Builder::new();
    if plain(&endpoints.s3) && plain(&endpoints.sts) {
        builder.build_http()
    } else {
        builder
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https()
    }
}

/// Asks the provider once, so that everything that is wrong with the credentials is known before
/// anything is built. `None` where there are none after all.
async fn resolve(
    provider: &SharedCredentialsProvider,
    source: credentials::Chosen,
) -> Result<Option<CredentialSource>> {
    use aws_credential_types::provider::error::CredentialsError;
    let bound = Duration::from_secs(10);
    match tokio::time::timeout(bound, provider.provide_credentials()).await {
        Ok(Ok(credentials)) => Ok(Some(source.resolved(&credentials))),
        Ok(Err(CredentialsError::CredentialsNotLoaded(_))) if source.is_a_guess() => Ok(None),
        Ok(Err(error)) => {
            let detail = error::with_sources(&error);
            Err(anyhow!("the credentials of {source} could not be loaded: {detail}"))
                .hint(source.cure_of(&detail))
        }
        Err(_) if source.is_a_guess() => Ok(None),
        Err(_) => {
            Err(anyhow!("the credentials of {source} did not come within {} s", bound.as_secs()))
                .hint(source.cure())
        }
    }
}

/// A server that we were pointed at may have no STS, and say so in any way; AWS always has one.
async fn identity(sts: &aws_sdk_sts::Client, custom: bool) -> Result<Identity> {
    match sts.get_caller_identity().send().await {
        Ok(caller) => match (caller.account, caller.arn) {
            (Some(account), Some(arn)) if is_account(&account) => {
                Ok(Identity::Known { account, arn })
            }
            _ if custom => Ok(Identity::Unknown),
            _ => Err(anyhow!("STS did not say which account is asking")),
        },
        Err(_) if custom => Ok(Identity::Unknown),
        Err(error) => Err(AwsError::new("sts:GetCallerIdentity", "", error).into_error()),
    }
}
