//! The target of a test: what the run names, or an embedded AWS of the test's own.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::sdk_config::SharedCredentialsProvider;
use contract::test_id::SandboxKey;
use contract::{RunId, Target, TestId, buckets, target};
use meter::Meter;

use super::OwnSandbox;
use super::metered::{metered, metered_client};

/// Where a test sends its requests.
pub(super) struct TestTarget {
    pub(super) kind: Target,
    pub(super) run: RunId,
    /// What the app is configured with.
    pub(super) sdk_config: SdkConfig,
    /// What the fixture itself uses.
    pub(super) harness: Client,
    /// The app's settings that depend on the target.
    pub(super) variables: Vec<(String, String)>,
    /// Counts what is called on the target of the run; `None` where that counts itself, and where the
    /// target is the test's own.
    pub(super) meter: Option<Meter>,
}

impl TestTarget {
    /// The target that the contract's variables name; `None` where there is no run.
    pub(super) async fn of_the_run(id: &TestId) -> Option<TestTarget> {
        match Target::parse(&variable(target::TARGET_VARIABLE)?) {
            Ok(Target::Sandbox) => {
                let endpoint = required(target::SANDBOX_ENDPOINT_VARIABLE);
                Some(TestTarget::sandbox(id, run_id(), &endpoint, configured_variables()))
            }
            Ok(Target::Aws) => Some(TestTarget::aws(run_id()).await),
            Err(error) => panic!("{error}"),
        }
    }

    /// An embedded AWS that the test has started.
    pub(super) fn of_its_own(own: &OwnSandbox, id: &TestId) -> TestTarget {
        own.admit(target::SANDBOX_ACCOUNT, &id.segment(), &id.sandbox_key());
        let run = RunId::parse(&format!("own-{}", std::process::id())).unwrap();
        TestTarget {
            kind: Target::Sandbox,
            run,
            sdk_config: of_the_app(&own.sdk_config(id.sandbox_key())),
            harness: own.harness(),
            variables: own.variables().to_vec(),
            meter: None,
        }
    }

    /// The same, whose clients are counted by `meter`.
    pub(super) fn counted_by(self, meter: &Meter) -> TestTarget {
        let sdk_config = metered(&self.sdk_config, meter);
        let harness = metered_client(&self.harness, meter);
        TestTarget { sdk_config, harness, ..self }
    }

    /// The value of one of the app's settings.
    pub(super) fn variable(&self, name: &str) -> String {
        let found = self.variables.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("`{name}` is not set on this target")).1.clone()
    }

    fn sandbox(
        id: &TestId,
        run: RunId,
        endpoint: &str,
        variables: Vec<(String, String)>,
    ) -> TestTarget {
        let harness = client(&sandbox_config(endpoint, SandboxKey::harness()));
        TestTarget {
            kind: Target::Sandbox,
            run,
            sdk_config: of_the_app(&sandbox_config(endpoint, id.sandbox_key())),
            harness,
            variables,
            meter: None,
        }
    }

    async fn aws(run: RunId) -> TestTarget {
        let builder = aws_smithy_http_client::Builder::new();
        let http_client = if goes_without_tls(variable) {
            builder.build_http()
        } else {
            let provider = tls::rustls_provider::CryptoMode::Ring;
            builder.tls_provider(tls::Provider::Rustls(provider)).build_https()
        };
        let sdk_config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client)
            .load()
            .await;
        let harness = client(&sdk_config);
        let mut variables = configured_variables();
        // With an endpoint of its own a server may have a region that AWS has not.
        variables.extend(set(&["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"]));
        let endpoints = [set(&["AWS_ENDPOINT_URL"]), set(&SERVICE_ENDPOINTS)].concat();
        let endpoints = endpoints.iter().map(|(_, url)| url.as_str());
        let meter = Meter::new(endpoints.chain(sdk_config.endpoint_url()));
        let counted = Some(meter.clone());
        let kind = Target::Aws;
        TestTarget { kind, run, sdk_config, harness, variables, meter: counted }.counted_by(&meter)
    }
}

/// The endpoints of single services, each of which wins over `AWS_ENDPOINT_URL`.
const SERVICE_ENDPOINTS: [&str; 3] = [
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME",
];

/// Whether every service is asked without TLS. Only then is it left out: reading the system's root
/// certificates takes its time, in each test.
pub(crate) fn goes_without_tls(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, scheme: &str| variable(name).is_some_and(|url| url.starts_with(scheme));
    is("AWS_ENDPOINT_URL", "http://") && !SERVICE_ENDPOINTS.iter().any(|name| is(name, "https://"))
}

/// The configuration for an embedded AWS; nothing of the developer's own is read.
pub(super) fn sandbox_config(endpoint: &str, key: SandboxKey) -> SdkConfig {
    let credentials = Credentials::new(key.id, key.secret, None, None, "sandbox");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .sleep_impl(TokioSleep::new())
        // Nobody on loopback has to be spared.
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(10)))
        .region(Region::new(target::SANDBOX_REGION))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// The configuration for the app, which the call log shows by its name.
fn of_the_app(config: &SdkConfig) -> SdkConfig {
    config.to_builder().app_name(AppName::new(target::APP_NAME).unwrap()).build()
}

/// The configuration for a test itself.
pub(super) fn of_the_test(config: &SdkConfig) -> SdkConfig {
    let mut builder = config.to_builder();
    builder.set_app_name(None);
    builder.build()
}

/// A client; of a custom endpoint by path, as the app does it.
pub(super) fn client(config: &SdkConfig) -> Client {
    let custom = config.endpoint_url().is_some() || variable("AWS_ENDPOINT_URL_S3").is_some();
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(custom);
    Client::from_conf(config.build())
}

fn configured_variables() -> Vec<(String, String)> {
    let names = buckets::ALL.iter().map(|bucket| bucket.variable);
    let mut variables: Vec<_> =
        names.chain(["AWS_REGION"]).map(|name| (name.to_owned(), required(name))).collect();
    variables.extend(set(&["CLOUDFRONT_DOMAIN", "S3_ADDRESSING_STYLE"]));
    variables.extend(set(&[target::BEDROCK_MODEL_VARIABLE, target::SAGEMAKER_ENDPOINT_VARIABLE]));
    variables
}

fn set(names: &[&str]) -> Vec<(String, String)> {
    let set = names.iter().filter_map(|name| Some(((*name).to_owned(), variable(name)?)));
    set.collect()
}

fn run_id() -> RunId {
    RunId::parse(&required(target::RUN_ID_VARIABLE)).unwrap()
}

fn required(name: &str) -> String {
    variable(name)
        .unwrap_or_else(|| panic!("`{name}` is not set; run the tests by `cargo xtask test`"))
}

#[expect(clippy::disallowed_methods, reason = "the run tells its tests by the environment")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
