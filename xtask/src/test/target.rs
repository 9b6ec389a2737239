//! The target of a run: the embedded AWS in this process, or what the AWS configuration says.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use contract::test_id::SandboxKey;
use contract::{RunId, Target, TestId, buckets, target};
use sandbox::{AccessKey, Call, Sandbox};

use super::plan::ListedTest;
use crate::aws::{self, Aws};
use crate::cli;
use crate::config::ConfiguredBucket;
use crate::context::Context;
use crate::models::Models;

/// Where the tests of this run send their requests.
pub(crate) struct RunTarget {
    /// What the tests are told.
    pub(crate) target: Target,
    /// Our own connection to it.
    pub(crate) aws: Aws,
    /// The app's buckets there.
    pub(crate) buckets: Vec<ConfiguredBucket>,
    /// The model and the endpoint that the tests may invoke there.
    pub(crate) models: Models,
    /// The embedded AWS; it lives as long as the run.
    sandbox: Option<Sandbox>,
}

impl RunTarget {
    /// Starts the embedded AWS, with a bucket of its own for each purpose, so that it can be told
    /// which bucket a call was for.
    ///
    /// # Errors
    /// Where no port can be had.
    pub(crate) async fn sandbox() -> Result<RunTarget> {
        let sandbox = Sandbox::start(sandbox::Config::default())
            .await
            .context("starting the embedded AWS on a free port of loopback")?;
        let admit = |name: &str, key: &SandboxKey| {
            let key = AccessKey::user(target::SANDBOX_ACCOUNT, name, &key.id, &key.secret);
            sandbox.add_access_key(key);
        };
        admit("harness", &SandboxKey::harness());
        // A key of our own, so that what the fixtures do can be told from what we do.
        let key = TestId::new("xtask", "test").sandbox_key();
        admit("xtask", &key);
        let aws = aws::connect_to_sandbox(
            sandbox.endpoint(),
            target::SANDBOX_REGION,
            &key,
            target::SANDBOX_ACCOUNT,
        );
        let buckets = buckets::ALL
            .iter()
            .map(|bucket| ConfiguredBucket {
                purpose: bucket.purpose,
                variable: bucket.variable,
                name: format!("sandbox-{}", bucket.purpose),
            })
            .collect();
        let models = Models::of_sandbox();
        Ok(RunTarget { target: Target::Sandbox, aws, buckets, models, sandbox: Some(sandbox) })
    }

    /// Connects to what the AWS configuration says; `None` where it says nothing.
    ///
    /// # Errors
    /// Where the configuration is broken.
    pub(crate) async fn aws(cx: &Context) -> Result<Option<RunTarget>> {
        let models = Models::configured(&cx.config)?;
        match aws::connect(&cx.config, &cli::Connection::default()).await? {
            None => Ok(None),
            Some(aws) => Ok(Some(RunTarget {
                target: Target::Aws,
                aws,
                buckets: cx.config.buckets(),
                models,
                sandbox: None,
            })),
        }
    }

    /// The target as it is shown.
    pub(crate) fn shown(&self) -> String {
        match self.target {
            Target::Sandbox => "the embedded AWS".to_owned(),
            Target::Aws => self.aws.to_string(),
        }
    }

    /// Makes the tests known to the embedded AWS, each by the key that it signs with.
    pub(crate) fn admit(&self, tests: &[ListedTest]) {
        let Some(sandbox) = &self.sandbox else { return };
        for test in tests {
            let key = test.id.sandbox_key();
            sandbox.add_access_key(AccessKey::user(
                target::SANDBOX_ACCOUNT,
                &test.id.segment(),
                &key.id,
                &key.secret,
            ));
        }
    }

    /// What was called on the embedded AWS since the last time; nothing on any other target.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        self.sandbox.as_ref().map(Sandbox::take_calls).unwrap_or_default()
    }

    /// The distinct buckets, in the order of their names.
    pub(crate) fn bucket_names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.buckets.iter().map(|bucket| bucket.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The children's environment beside what they inherit; `None` takes a variable away.
    pub(crate) fn variables(&self, cx: &Context, run: &RunId) -> BTreeMap<String, Option<String>> {
        let mut variables = BTreeMap::new();
        let mut set = |name: &str, value: &str| {
            variables.insert(name.to_owned(), Some(value.to_owned()));
        };
        set(target::TARGET_VARIABLE, self.target.as_str());
        set(target::RUN_ID_VARIABLE, run.as_str());
        match &self.sandbox {
            Some(sandbox) => {
                set(target::SANDBOX_ENDPOINT_VARIABLE, sandbox.endpoint());
                set("AWS_REGION", &self.aws.region);
                set("AWS_ENDPOINT_URL", sandbox.endpoint());
                set("AWS_ACCESS_KEY_ID", "AKIAINASANDBOXRUN000");
                set("AWS_SECRET_ACCESS_KEY", "not/a/secret/and/known/to/no/server/0000");
                for (name, value) in nothing_configured(cx) {
                    variables.entry(name).or_insert(value);
                }
            }
            None => {
                for (name, value) in cx.config.for_children() {
                    set(name, value);
                }
                set("AWS_REGION", &self.aws.region);
            }
        }
        for name in cx.config.inherited_empty() {
            variables.entry(name.to_owned()).or_insert(None);
        }
        for (name, value) in self.models.variables() {
            variables.insert(name.to_owned(), Some(value.to_owned()));
        }
        for bucket in &self.buckets {
            variables.insert(bucket.variable.to_owned(), Some(bucket.name.clone()));
        }
        variables
    }
}

/// What keeps a child from whatever the developer has configured, even one that loads the standard
/// configuration; `None` takes a variable away.
pub(crate) fn nothing_configured(cx: &Context) -> BTreeMap<String, Option<String>> {
    let names = cx.config.inherited().chain(cx.config.inherited_empty());
    let mut variables: BTreeMap<_, _> = names.map(|name| (name.to_owned(), None)).collect();
    let nowhere = cx.workspace().join("target/xtask/no-such-file").display().to_string();
    for (name, value) in [
        ("AWS_CONFIG_FILE", nowhere.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", nowhere.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ] {
        variables.insert(name.to_owned(), Some(value.to_owned()));
    }
    variables
}

impl RunTarget {
    /// A server, by hand.
    pub(crate) fn of_server(aws: Aws, buckets: Vec<ConfiguredBucket>, models: Models) -> RunTarget {
        RunTarget { target: Target::Aws, aws, buckets, models, sandbox: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::ui::Ui;

    fn context(environment: &[(&str, &str)], dot_env: &[(&str, &str)]) -> Context {
        Context { ui: Ui::new(false), config: Config::of(environment, dot_env) }
    }

    fn variables(target: &RunTarget, cx: &Context) -> BTreeMap<String, Option<String>> {
        target.variables(cx, &RunId::parse("r-1").unwrap())
    }

    #[tokio::test]
    async fn a_sandbox_run_has_its_own_model_and_endpoint_and_nothing_of_the_developers() {
        let theirs = [
            ("BEDROCK_TEST_MODEL_ID", "theirs"),
            ("SAGEMAKER_TEST_ENDPOINT", "no name at all"),
            ("MODEL_CATALOGUE", "theirs.toml"),
            ("MODEL_TIMEOUT_SECONDS", "1"),
            ("DATABASE_FILE", "theirs.sqlite"),
            ("LISTEN_ADDRESS", "127.0.0.1:1"),
            ("MAX_UPLOAD_BYTES", "1"),
            ("LOG_FORMAT", "json"),
            ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1"),
        ];
        let target = RunTarget::sandbox().await.unwrap();
        let variables = variables(&target, &context(&theirs, &theirs));
        let constants = [
            (target::BEDROCK_MODEL_VARIABLE, target::SANDBOX_MODEL_ID),
            (target::SAGEMAKER_ENDPOINT_VARIABLE, target::SANDBOX_ENDPOINT_NAME),
        ];
        for (name, value) in constants {
            assert_eq!(variables[name].as_deref(), Some(value), "{name}");
        }
        for (name, _) in &theirs[2..] {
            assert_eq!(variables[*name], None, "{name}");
        }
    }

    #[tokio::test]
    async fn on_aws_the_tests_are_told_what_is_configured() {
        let told = |environment: &[(&str, &str)], dot_env: &[(&str, &str)]| {
            let cx = context(environment, dot_env);
            let key = SandboxKey::harness();
            let aws = aws::connect_to_sandbox("http://127.0.0.1:1", "eu-central-1", &key, "1");
            let models = Models::configured(&cx.config).unwrap();
            let target = RunTarget::of_server(aws, Vec::new(), models);
            let variables = variables(&target, &cx);
            [target::BEDROCK_MODEL_VARIABLE, target::SAGEMAKER_ENDPOINT_VARIABLE]
                .map(|name| variables.get(name).cloned())
        };
        let some = |value: &str| Some(Some(value.to_owned()));
        assert_eq!(told(&[], &[]), [None, None]);
        let environment = [("BEDROCK_TEST_MODEL_ID", "amazon.nova-lite-v1:0")];
        let dot_env = [
            ("BEDROCK_TEST_MODEL_ID", "amazon.nova-micro-v1:0"),
            ("SAGEMAKER_TEST_ENDPOINT", "small"),
        ];
        assert_eq!(told(&[], &dot_env), [some("amazon.nova-micro-v1:0"), some("small")]);
        assert_eq!(told(&environment, &dot_env), [some("amazon.nova-lite-v1:0"), some("small")]);
    }
}
