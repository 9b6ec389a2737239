//! The target of a run: the embedded AWS in this process, or what the AWS configuration says.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use contract::test_id::SandboxKey;
use contract::{Root, RunId, Target, buckets, target};
use sandbox::{AccessKey, Sandbox};

use super::plan::ListedTest;
use crate::aws::{self, Aws, Connection, Overrides};
use crate::config::ConfiguredBucket;
use crate::context::Context;
use crate::mark::MarkPlace;

/// Where the tests of this run send their requests.
pub(crate) struct RunTarget {
    /// What the tests are told.
    pub(crate) target: Target,
    /// Our own connection to it.
    pub(crate) aws: Aws,
    /// The app's buckets there.
    pub(crate) buckets: Vec<ConfiguredBucket>,
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
        let key = SandboxKey::harness();
        sandbox.add_access_key(AccessKey::user(
            target::SANDBOX_ACCOUNT,
            "harness",
            &key.id,
            &key.secret,
        ));
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
        Ok(RunTarget { target: Target::Sandbox, aws, buckets, sandbox: Some(sandbox) })
    }

    /// Connects to what the AWS configuration says; `None` where it says nothing.
    ///
    /// # Errors
    /// Where the configuration is broken.
    pub(crate) async fn aws(cx: &Context) -> Result<Option<RunTarget>> {
        match aws::connect(&cx.config, &Overrides::default()).await? {
            Connection::NotConfigured => Ok(None),
            Connection::Connected(aws) => Ok(Some(RunTarget {
                target: Target::Aws,
                aws: *aws,
                buckets: cx.config.buckets(),
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

    /// The distinct buckets, in the order of their names.
    pub(crate) fn bucket_names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.buckets.iter().map(|bucket| bucket.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Where this run's marks stand: below both roots of each bucket.
    pub(crate) fn mark_places(&self) -> Vec<MarkPlace> {
        let places = self
            .bucket_names()
            .into_iter()
            .flat_map(|bucket| Root::ALL.map(|root| MarkPlace { bucket: bucket.clone(), root }));
        places.collect()
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
                // Whatever the developer has configured cannot be reached from a sandbox run, not
                // even by a test that loads the standard configuration.
                let nowhere = cx.workspace().join("target/xtask/no-such-file");
                set("AWS_CONFIG_FILE", &nowhere.display().to_string());
                set("AWS_SHARED_CREDENTIALS_FILE", &nowhere.display().to_string());
                set("AWS_EC2_METADATA_DISABLED", "true");
                set("AWS_REGION", &self.aws.region);
                set("AWS_ENDPOINT_URL", sandbox.endpoint());
                set("AWS_ACCESS_KEY_ID", "AKIAINASANDBOXRUN000");
                set("AWS_SECRET_ACCESS_KEY", "not/a/secret/and/known/to/no/server/0000");
                for name in cx.config.inherited() {
                    variables.entry(name.to_owned()).or_insert(None);
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
        for bucket in &self.buckets {
            variables.insert(bucket.variable.to_owned(), Some(bucket.name.clone()));
        }
        variables
    }
}
