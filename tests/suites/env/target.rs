//! The target of a test: the one that the run names, or an embedded AWS of the test's own.

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls;
use aws_types::SdkConfig;
use aws_types::sdk_config::SharedCredentialsProvider;
use contract::test_id::SandboxKey;
use contract::{RunId, Target, TestId, buckets, target};
use sandbox::{AccessKey, Sandbox};

/// Where a test sends its requests.
pub(super) struct TestTarget {
    pub(super) run: RunId,
    /// What the app is configured with.
    pub(super) sdk_config: SdkConfig,
    /// What the fixture itself uses.
    pub(super) harness: aws_sdk_s3::Client,
    /// The app's settings that depend on the target.
    pub(super) variables: Vec<(String, String)>,
    /// An embedded AWS of the test's own lives as long as the test.
    _own: Option<Sandbox>,
}

impl TestTarget {
    /// Reads the contract's variables; without them, starts an embedded AWS.
    pub(super) async fn find(id: &TestId) -> TestTarget {
        match variable(target::TARGET_VARIABLE).as_deref().map(Target::parse) {
            None => TestTarget::of_its_own(id).await,
            Some(Ok(Target::Sandbox)) => {
                let endpoint = required(target::SANDBOX_ENDPOINT_VARIABLE);
                TestTarget::sandbox(id, run_id(), &endpoint, configured_variables(), None)
            }
            Some(Ok(Target::Aws)) => TestTarget::aws(run_id()).await,
            Some(Err(error)) => panic!("{error}"),
        }
    }

    /// The value of one of the app's settings.
    pub(super) fn variable(&self, name: &str) -> String {
        let found = self.variables.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("`{name}` is not set on this target")).1.clone()
    }

    async fn of_its_own(id: &TestId) -> TestTarget {
        let own = Sandbox::start(sandbox::Config::default()).await.unwrap();
        for (name, key) in
            [("harness".to_owned(), SandboxKey::harness()), (id.segment(), id.sandbox_key())]
        {
            own.add_access_key(AccessKey::user(
                target::SANDBOX_ACCOUNT,
                &name,
                &key.id,
                &key.secret,
            ));
        }
        let mut variables: Vec<_> = buckets::ALL
            .iter()
            .map(|bucket| (bucket.variable.to_owned(), format!("sandbox-{}", bucket.purpose)))
            .collect();
        let names: Vec<_> = variables.iter().map(|(_, name)| name.clone()).collect();
        variables.push(("AWS_REGION".to_owned(), target::SANDBOX_REGION.to_owned()));
        let run = RunId::parse(&format!("own-{}", std::process::id())).unwrap();
        let endpoint = own.endpoint().to_owned();
        let target = TestTarget::sandbox(id, run, &endpoint, variables, Some(own));
        for name in names {
            create_bucket(&target.harness, &name).await;
        }
        target
    }

    fn sandbox(
        id: &TestId,
        run: RunId,
        endpoint: &str,
        variables: Vec<(String, String)>,
        own: Option<Sandbox>,
    ) -> TestTarget {
        // Nothing of the developer's own configuration is read here.
        let config = |key: SandboxKey| {
            let credentials = Credentials::new(key.id, key.secret, None, None, "sandbox");
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .sleep_impl(TokioSleep::new())
                .retry_config(RetryConfig::standard())
                .region(Region::new(target::SANDBOX_REGION))
                .endpoint_url(endpoint)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build()
        };
        TestTarget {
            run,
            sdk_config: config(id.sandbox_key()),
            harness: client(&config(SandboxKey::harness())),
            variables,
            _own: own,
        }
    }

    async fn aws(run: RunId) -> TestTarget {
        let http_client = match variable("AWS_ENDPOINT_URL") {
            Some(endpoint) if endpoint.starts_with("http://") => {
                aws_smithy_http_client::Builder::new().build_http()
            }
            _ => aws_smithy_http_client::Builder::new()
                .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
                .build_https(),
        };
        let sdk_config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client)
            .load()
            .await;
        let harness = client(&sdk_config);
        TestTarget { run, sdk_config, harness, variables: configured_variables(), _own: None }
    }
}

fn client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let custom = config.endpoint_url().is_some() || variable("AWS_ENDPOINT_URL_S3").is_some();
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(custom);
    aws_sdk_s3::Client::from_conf(config.build())
}

async fn create_bucket(s3: &aws_sdk_s3::Client, name: &str) {
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let region = BucketLocationConstraint::from(target::SANDBOX_REGION);
    let configuration = CreateBucketConfiguration::builder().location_constraint(region).build();
    s3.create_bucket()
        .bucket(name)
        .create_bucket_configuration(configuration)
        .send()
        .await
        .unwrap();
}

fn configured_variables() -> Vec<(String, String)> {
    let names = buckets::ALL.iter().map(|bucket| bucket.variable);
    let mut variables: Vec<_> =
        names.chain(["AWS_REGION"]).map(|name| (name.to_owned(), required(name))).collect();
    variables.extend(
        ["CLOUDFRONT_DOMAIN", "S3_ADDRESSING_STYLE"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), variable(name)?))),
    );
    variables
}

fn run_id() -> RunId {
    RunId::parse(&required(target::RUN_ID_VARIABLE)).unwrap()
}

fn required(name: &str) -> String {
    variable(name)
        .unwrap_or_else(|| panic!("`{name}` is not set; run the tests by `cargo xtask test`"))
}

#[expect(clippy::disallowed_methods, reason = "the run tells its tests by the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
