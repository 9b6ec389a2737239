//! An embedded AWS that a test has started for itself, with the buckets of the app's settings.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    VersioningConfiguration,
};
use aws_types::SdkConfig;
use contract::test_id::SandboxKey;
use contract::{buckets, target};
use sandbox::{AccessKey, Sandbox};

use super::target::{client, sandbox_config};

/// Gone when dropped, with all that is in it.
pub(crate) struct OwnSandbox {
    sandbox: Sandbox,
    variables: Vec<(String, String)>,
}

impl OwnSandbox {
    /// Starts it, with a bucket for each purpose.
    pub(crate) async fn start() -> OwnSandbox {
        OwnSandbox::start_with(sandbox::Config::default()).await
    }

    /// [`OwnSandbox::start`] of another kind.
    pub(crate) async fn start_with(config: sandbox::Config) -> OwnSandbox {
        let sandbox = Sandbox::start(config).await.unwrap();
        let buckets = buckets::ALL
            .map(|bucket| (bucket.variable.to_owned(), format!("sandbox-{}", bucket.purpose)));
        let mut own = OwnSandbox { sandbox, variables: buckets.to_vec() };
        own.admit(target::SANDBOX_ACCOUNT, "harness", &SandboxKey::harness());
        let harness = own.harness();
        // At once, since a test may have made it slow.
        let create = async |bucket: &String| {
            create_bucket(&harness, bucket, target::SANDBOX_REGION).await;
        };
        let buckets = own.variables.iter().map(|(_, bucket)| create(bucket));
        futures::future::join_all(buckets).await;
        let known = [
            ("AWS_REGION", target::SANDBOX_REGION),
            (target::BEDROCK_MODEL_VARIABLE, target::SANDBOX_MODEL_ID),
            (target::SAGEMAKER_ENDPOINT_VARIABLE, target::SANDBOX_ENDPOINT_NAME),
        ];
        own.variables.extend(known.map(|(name, value)| (name.to_owned(), value.to_owned())));
        own
    }

    /// Its URL.
    pub(crate) fn endpoint(&self) -> &str {
        self.sandbox.endpoint()
    }

    /// Makes a key known, as one of a user of `account`.
    pub(crate) fn admit(&self, account: &str, user: &str, key: &SandboxKey) {
        self.sandbox.add_access_key(AccessKey::user(account, user, &key.id, &key.secret));
    }

    /// The calls answered since the last time.
    pub(crate) fn take_calls(&self) -> Vec<sandbox::Call> {
        self.sandbox.take_calls()
    }

    /// From now on refuses whoever holds `key`.
    pub(crate) fn forget(&self, key: &SandboxKey) {
        self.sandbox.remove_access_key(&key.id);
    }

    /// The SDK's configuration for whoever holds `key`.
    pub(crate) fn sdk_config(&self, key: SandboxKey) -> SdkConfig {
        sandbox_config(self.sandbox.endpoint(), key)
    }

    /// A client of the account that owns the buckets.
    pub(crate) fn harness(&self) -> Client {
        client(&self.sdk_config(SandboxKey::harness()))
    }

    /// The app's settings that depend on the target.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// From now on a bucket keeps every version.
    pub(crate) async fn enable_versioning(&self, bucket: &str) {
        let status = BucketVersioningStatus::Enabled;
        let versioning = VersioningConfiguration::builder().status(status).build();
        let request = self.harness().put_bucket_versioning().bucket(bucket);
        request.versioning_configuration(versioning).send().await.unwrap();
    }
}

/// Creates a bucket in the region that `s3` signs for.
pub(crate) async fn create_bucket(s3: &Client, name: &str, region: &str) {
    let region = BucketLocationConstraint::from(region);
    let configuration = CreateBucketConfiguration::builder().location_constraint(region).build();
    let request = s3.create_bucket().bucket(name).create_bucket_configuration(configuration);
    request.send().await.unwrap();
}
