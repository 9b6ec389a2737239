//! What a test is given: a place of its own on the target, and the certainty that it is emptied.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use aws_types::SdkConfig;
use contract::{Prefix, Root, TestId};
use futures::FutureExt as _;

mod sweep;
mod target;

use target::TestTarget;

/// One test's place on the target.
pub struct TestEnv {
    target: TestTarget,
    prefix: Prefix,
    /// The buckets that the test asked for, which are those that have to be emptied.
    used: Mutex<Vec<String>>,
}

impl TestEnv {
    /// Runs a test's body in a place of its own, and empties that place when the body is done:
    /// also when it panicked, in the same runtime, and only then is the panic passed on.
    ///
    /// Call it in the test itself: a spawned task does not know which test it belongs to.
    pub async fn run(body: impl AsyncFnOnce(&TestEnv)) {
        let id = test_id();
        let target = TestTarget::find(&id).await;
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let root = Root::of_suite(id.suite());
        let prefix = Prefix::of_attempt(root, &target.run, &id, &nonce).unwrap();
        let env = TestEnv { target, prefix, used: Mutex::new(Vec::new()) };

        let ended = AssertUnwindSafe(body(&env)).catch_unwind().await;
        let used = env.used.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        let swept = sweep::empty(&env.target.harness, &used, &env.prefix).await;
        match (ended, swept) {
            (Err(panic), _) => std::panic::resume_unwind(panic),
            (Ok(()), Err(error)) => {
                panic!("the test passed, but its place could not be emptied: {error}")
            }
            (Ok(()), Ok(())) => {}
        }
    }

    /// The SDK's configuration for the app, with the key that this test signs with.
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.target.sdk_config
    }

    /// A client for what the app does not do, but the fixture needs.
    pub fn fixture(&self) -> &aws_sdk_s3::Client {
        &self.target.harness
    }

    /// The folder that every key of this test begins with; ends in `/`.
    pub fn key_prefix(&self) -> &str {
        self.prefix.as_str()
    }

    /// The bucket for a purpose, `creatives`, `landing-pages`, `exports` or `uploads`.
    pub fn bucket(&self, purpose: &str) -> String {
        let bucket = contract::buckets::ALL.iter().find(|bucket| bucket.purpose == purpose);
        let variable = bucket.unwrap_or_else(|| panic!("there is no purpose `{purpose}`")).variable;
        let name = self.target.variable(variable);
        let mut used = self.used.lock().unwrap();
        if !used.contains(&name) {
            used.push(name.clone());
        }
        name
    }

    /// The variables that the app's settings are read from, as they are set on this target.
    pub fn variables(&self) -> Vec<(String, String)> {
        // The app may write to any of them.
        for bucket in contract::buckets::ALL {
            self.bucket(bucket.purpose);
        }
        let mut variables = self.target.variables.clone();
        variables.push(("STORAGE_BACKEND".to_owned(), "s3".to_owned()));
        variables.push(("S3_KEY_PREFIX".to_owned(), self.key_prefix().to_owned()));
        variables
    }
}

/// The test that is running, by nextest's word or by the name of the thread.
#[expect(clippy::disallowed_methods, reason = "nextest names the test in the environment")]
fn test_id() -> TestId {
    match (std::env::var("NEXTEST_BINARY_ID"), std::env::var("NEXTEST_TEST_NAME")) {
        (Ok(binary), Ok(name)) => TestId::new(binary, name),
        _ => {
            let thread = std::thread::current();
            let name = thread.name().filter(|name| name.contains("::"));
            let name =
                name.expect("`TestEnv::run` is called by the test itself, not by a task of its");
            TestId::new(concat!(env!("CARGO_PKG_NAME"), "::", env!("CARGO_CRATE_NAME")), name)
        }
    }
}
