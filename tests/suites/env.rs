//! What a test is given: a place of its own on the target, and the certainty that it is emptied.

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use app::settings::{Settings, SettingsError};
use app::storage::{Purpose, Storage};
use aws_sdk_s3::Client;
use aws_types::SdkConfig;
use contract::measurement::Measurement;
use contract::test_id::SandboxKey;
use contract::{Prefix, Root, Target, TestId};
use futures::FutureExt as _;
use tempfile::TempDir;

mod look;
mod metered;
mod own_sandbox;
mod record;
mod server;
mod sweep;
mod target;

pub(crate) use metered::sent;
pub(crate) use own_sandbox::{OwnSandbox, create_bucket};
pub(crate) use server::Server;
pub(crate) use target::goes_without_tls;

use target::TestTarget;

/// One test's place on the target.
pub(crate) struct TestEnv {
    target: TestTarget,
    prefix: Prefix,
    /// The buckets that the test asked for, which are those that have to be emptied.
    used: Mutex<Vec<String>>,
    /// Where local files go; its drop removes them.
    folder: TempDir,
    /// What the report of the run is to show.
    measurements: Mutex<Vec<Measurement>>,
}

impl TestEnv {
    /// Runs a test's body in a place of its own on the run's target, or on an embedded AWS of its
    /// own where no run names one.
    ///
    /// Empties that place when the body is done: also when it panicked, in the same runtime, and only
    /// then is the panic passed on.
    /// Call it in the test itself: a spawned task does not know which test it belongs to.
    pub(crate) async fn run(body: impl AsyncFnOnce(&TestEnv)) {
        let id = test_id();
        match TestTarget::of_the_run(&id).await {
            Some(target) => TestEnv::run_in(target, &id, body).await,
            None => TestEnv::run_on(&OwnSandbox::start().await, body).await,
        }
    }

    /// [`TestEnv::run`] on an embedded AWS that the test has started, for what no other target can
    /// show: buckets of the test's own, other people's keys, what is left when all is over.
    pub(crate) async fn run_on(sandbox: &OwnSandbox, body: impl AsyncFnOnce(&TestEnv)) {
        let id = test_id();
        TestEnv::run_in(TestTarget::of_its_own(sandbox, &id), &id, body).await;
    }

    /// Runs one body twice: with uploads on the target, and with uploads in local files.
    pub(crate) async fn run_on_each_storage(body: impl AsyncFn(&TestEnv, &Storage)) {
        TestEnv::run(async |env| {
            let on_s3 = ("S3", env.storage(Purpose::Uploads));
            let on_files = ("local files", env.local_storage(Purpose::Uploads));
            for (backend, storage) in [on_s3, on_files] {
                let ended = AssertUnwindSafe(body(env, &storage)).catch_unwind().await;
                if let Err(panic) = ended {
                    report(&format!("it failed on {backend}"));
                    std::panic::resume_unwind(panic);
                }
            }
        })
        .await;
    }

    async fn run_in(target: TestTarget, id: &TestId, body: impl AsyncFnOnce(&TestEnv)) {
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let root = Root::of_suite(id.suite());
        let prefix = Prefix::of_attempt(root, &target.run, id, &nonce).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (used, measurements) = (Mutex::default(), Mutex::default());
        let env = TestEnv { target, prefix, used, folder, measurements };

        let counted = metered::counting(env.target.meter.clone(), body(&env));
        let ended = AssertUnwindSafe(counted).catch_unwind().await;
        let used = env.used.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let swept = sweep::empty(&env.target.harness, &used, &env.prefix).await;
        let swept = swept.map_err(|error| format!("its place could not be emptied: {error}"));
        // Last, so that the calls of the sweep are in it.
        let recorded = env.leave_record(id, &nonce);
        match (ended, swept.and(recorded)) {
            (Ok(()), Ok(())) => {}
            (Ok(()), Err(error)) => panic!("the test passed, but {error}"),
            (Err(panic), left) => {
                if let Err(error) = left {
                    report(&format!("besides, {error}"));
                }
                std::panic::resume_unwind(panic);
            }
        }
    }

    /// The app's files of one purpose, on the target, below the test's prefix.
    pub(crate) fn storage(&self, purpose: Purpose) -> Storage {
        self.storage_with(purpose, &[])
    }

    /// [`TestEnv::storage`] with some settings changed; an empty value counts as unset.
    pub(crate) fn storage_with(&self, purpose: Purpose, changes: &[(&str, &str)]) -> Storage {
        self.bucket(purpose);
        let settings = self.settings(changes).unwrap();
        Storage::new(&settings, purpose, self.sdk_config()).unwrap()
    }

    /// The app's files of one purpose, in a folder of the test's own, below the same prefix.
    pub(crate) fn local_storage(&self, purpose: Purpose) -> Storage {
        let folder = self.folder.path().to_str().unwrap();
        let changes = [("STORAGE_BACKEND", "local"), ("LOCAL_STORAGE_ROOT", folder)];
        let settings = self.settings(&changes).unwrap();
        Storage::new(&settings, purpose, self.sdk_config()).unwrap()
    }

    /// A path in the test's own folder; the folder goes with the test.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The app's settings for this test, with some changed; an empty value counts as unset.
    pub(crate) fn settings(&self, changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
        let kept = self.app_variables().into_iter().filter(|(name, _)| !changed(name));
        let changes = changes.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Settings::from_vars(kept.chain(changes))
    }

    /// The kind of target; an embedded AWS of the test's own is [`Target::Sandbox`], too.
    pub(crate) fn target(&self) -> Target {
        self.target.kind
    }

    /// The SDK's configuration for the app, with the key that this test signs with.
    pub(crate) fn sdk_config(&self) -> &SdkConfig {
        &self.target.sdk_config
    }

    /// A client for what the app does not do, but a test needs, signing with the test's own key.
    pub(crate) fn client(&self) -> Client {
        target::client(&target::of_the_test(self.sdk_config()))
    }

    /// A client for what only the fixture does: its calls do not count as the test's.
    pub(crate) fn fixture(&self) -> &Client {
        &self.target.harness
    }

    /// The key that the running test signs with on an embedded AWS.
    pub(crate) fn access_key() -> SandboxKey {
        test_id().sandbox_key()
    }

    /// The model of Bedrock that the run may call.
    pub(crate) fn bedrock_model(&self) -> String {
        self.target.variable(contract::target::BEDROCK_MODEL_VARIABLE)
    }

    /// The endpoint of SageMaker that the run may call.
    pub(crate) fn sagemaker_endpoint(&self) -> String {
        self.target.variable(contract::target::SAGEMAKER_ENDPOINT_VARIABLE)
    }

    /// The folder that every key of this test begins with; ends in `/`.
    pub(crate) fn key_prefix(&self) -> &str {
        self.prefix.as_str()
    }

    /// The bucket of a purpose, which is emptied below the test's prefix in the end.
    pub(crate) fn bucket(&self, purpose: Purpose) -> String {
        let name = self.target.variable(purpose.bucket_variable());
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if !used.contains(&name) {
            used.push(name.clone());
        }
        name
    }

    fn app_variables(&self) -> Vec<(String, String)> {
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

/// Says something beside how the test ends.
#[expect(clippy::print_stderr, reason = "the output of a test is shown where it failed")]
pub(crate) fn report(what: &str) {
    eprintln!("{what}");
}
