//! What the tests of a run on the embedded AWS needed, held against the lock, or written to it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow};
use contract::test_id::SandboxKey;
use contract::{TestId, target};
use sandbox::Call;
use serde::Serialize;

use super::junit::Outcome;
use super::lock_file::LockFile;
use super::plan::ListedTest;
use super::target::RunTarget;
use crate::cli;
use crate::context::Context;
use crate::error::Hint as _;
use crate::permissions::{
    self, Difference, Lock, Names, Needs, Observed, Requirement, Subject, UPDATE, View,
};
use crate::report::Permission;

mod print;

/// The lock that a run is held against, read before anything is built.
pub(crate) struct LockCheck {
    file: LockFile,
    lock: Lock,
    update: bool,
    is_fatal: bool,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Checked {
    /// The lock file, as it is shown.
    lock: String,
    /// Whether the lock says now what was seen.
    updated: bool,
    /// The command that brings it up to date.
    update: String,
    /// What the lock said otherwise.
    differences: Vec<Difference>,
    #[serde(skip)]
    is_fatal: bool,
    /// What the tests that passed needed.
    #[serde(skip)]
    pub(crate) observed: Vec<Permission>,
}

/// That needs are seen on the embedded AWS alone.
///
/// # Errors
/// With `--aws`.
pub(crate) fn check_args(args: &cli::Test) -> Result<()> {
    if args.aws && args.update_permissions {
        return Err(anyhow!(
            "`--update-permissions` and `--aws` exclude each other: AWS does not tell what it has checked, the embedded AWS does"
        ))
        .hint(UPDATE);
    }
    Ok(())
}

impl LockCheck {
    /// Reads the lock. With `--update-permissions` there may be none yet.
    ///
    /// # Errors
    /// Where it is missing or broken.
    pub(crate) fn begin(args: &cli::Test, cx: &Context) -> Result<LockCheck> {
        let update = args.update_permissions;
        let file = LockFile::of(args, cx);
        let lock = if update { file.read_or_empty()? } else { file.read()? };
        let is_fatal = args.strict || cx.config.is_on("CI");
        Ok(LockCheck { file, lock, update, is_fatal })
    }

    /// Compares the lock with what the tests needed that passed, and updates it where that is asked
    /// for.
    ///
    /// # Errors
    /// Where the lock cannot be written, or a command does not get through what it has to do.
    pub(crate) async fn end(
        self,
        cx: &Context,
        target: &RunTarget,
        log: &[Call],
        listed: &[ListedTest],
        planned: &[ListedTest],
        outcomes: &BTreeMap<TestId, Outcome>,
    ) -> Result<Checked> {
        let observed = observed(target, log, listed, outcomes);
        let mut truth = self.lock.updated(&observed);
        if self.update {
            for (command, needs) in permissions::observe_commands(cx).await? {
                truth.entries.insert(Subject::Command(command), needs);
            }
            let left_out = planned.iter().filter(|test| !observed.tests.contains_key(&test.id));
            let left_out = left_out.count();
            if left_out > 0 {
                cx.ui.warning(format_args!(
                    "tests that did not pass at their first attempt keep their entries: {left_out}"
                ));
            }
            truth.write(&self.file.path)?;
            if self.file.is_the_workspaces {
                permissions::update_readme(&cx.workspace().join("README.md"), &truth)?;
            }
        }
        Ok(Checked {
            update: self.file.update_command(),
            lock: self.file.shown,
            updated: self.update,
            differences: self.lock.differences(&truth),
            is_fatal: self.is_fatal,
            observed: rows(&observed.tests),
        })
    }
}

/// The tests' needs, by action and resource.
fn rows(tests: &BTreeMap<TestId, Needs>) -> Vec<Permission> {
    let mut by_need: BTreeMap<&Requirement, Vec<String>> = BTreeMap::new();
    for (test, needs) in tests {
        for need in needs {
            by_need.entry(need).or_default().push(test.name().to_owned());
        }
    }
    let row = |(need, needed_by): (&Requirement, Vec<String>)| {
        let whole = need.to_string();
        let resource = whole.strip_prefix(&need.action).unwrap_or(&whole).trim_start();
        Permission {
            verdict: "observed".to_owned(),
            action: need.action.clone(),
            resource: resource.to_owned(),
            evidence: None,
            needed_by,
        }
    };
    by_need.into_iter().map(row).collect()
}

/// What the call log says of the tests that passed.
fn observed(
    target: &RunTarget,
    log: &[Call],
    listed: &[ListedTest],
    outcomes: &BTreeMap<TestId, Outcome>,
) -> Observed {
    let existing: BTreeSet<TestId> = listed.iter().map(|test| test.id.clone()).collect();
    let passed = outcomes.iter().filter(|(_, outcome)| outcome.tells());
    let mut tests: BTreeMap<TestId, Needs> =
        passed.map(|(test, _)| (test.clone(), Needs::new())).collect();
    let by_key: BTreeMap<String, TestId> =
        tests.keys().map(|test| (test.sandbox_key().id, test.clone())).collect();
    let fixture = SandboxKey::harness().id;
    let names = names(target);
    let (mut app, mut fixtures) = (Needs::new(), Needs::new());
    for call in log {
        let Some(key) = &call.access_key else { continue };
        if *key == fixture {
            fixtures.extend(names.needs(call, View::Command));
        }
        let Some(needs) = by_key.get(key).and_then(|test| tests.get_mut(test)) else { continue };
        needs.extend(names.needs(call, View::Test));
        if is_the_apps(call) {
            app.extend(names.needs(call, View::App));
        }
    }
    let shared = [(Subject::App, app), (Subject::Fixtures, fixtures)].into();
    Observed { tests, shared, existing }
}

/// The app gives its name to the SDK, or rather the tests do for it. A presigned URL names nobody; in
/// the suites the app alone makes them, and who follows one does what the app may do.
fn is_the_apps(call: &Call) -> bool {
    call.presigned || call.app_name.as_deref() == Some(target::APP_NAME)
}

fn names(target: &RunTarget) -> Names {
    let buckets = target.buckets.iter().map(|bucket| (bucket.name.clone(), bucket.purpose));
    Names {
        buckets: buckets.collect(),
        account: target::SANDBOX_ACCOUNT.to_owned(),
        region: target::SANDBOX_REGION.to_owned(),
        model: target::SANDBOX_MODEL_ID.to_owned(),
        endpoint: target::SANDBOX_ENDPOINT_NAME.to_owned(),
    }
}

impl Checked {
    /// Whether the run fails for it.
    pub(crate) fn fails(&self) -> bool {
        self.is_fatal && !self.updated && !self.differences.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_s3::config::AppName;
    use aws_sdk_s3::primitives::ByteStream;

    use super::*;
    use crate::aws::connect_to_sandbox;
    use crate::report::Status;
    use crate::setup;

    fn lines(needs: &Needs) -> Vec<String> {
        needs.iter().map(ToString::to_string).collect()
    }

    async fn put(target: &RunTarget, key: &SandboxKey, app: Option<&'static str>, name: &str) {
        let endpoint = target.aws.endpoint.as_deref().unwrap();
        let account = target::SANDBOX_ACCOUNT;
        let aws = connect_to_sandbox(endpoint, target::SANDBOX_REGION, key, account);
        let mut config = aws.s3.config().to_builder();
        config.set_app_name(app.map(|name| AppName::new(name).unwrap()));
        let put = aws_sdk_s3::Client::from_conf(config.build()).put_object();
        let put = put.bucket("sandbox-uploads").key(format!("test/r-1/a.b/n/{name}"));
        put.body(ByteStream::from_static(b"x")).send().await.unwrap();
    }

    #[tokio::test]
    async fn what_a_test_the_app_a_fixture_and_we_ourselves_do_is_told_apart() {
        let target = RunTarget::sandbox().await.unwrap();
        setup::provision(&target.aws, &target.bucket_names()).await.unwrap();
        let listed = ["fails", "is_flaky", "passes", "passes_by_the_app", "rests"]
            .map(|name| ListedTest::new("tests::suites", &format!("suite::{name}")));
        target.admit(&listed);
        let [fails, flaky, passes, by_the_app, rests] = &listed;
        for test in [fails, flaky, passes] {
            put(&target, &test.id.sandbox_key(), None, "x").await;
        }
        let observe = |outcomes: &BTreeMap<TestId, Outcome>| {
            observed(&target, &target.take_calls(), &listed, outcomes)
        };
        let outcome =
            |status, flaky| Outcome { status, flaky, time: Duration::ZERO, message: None };
        let outcomes = BTreeMap::from([
            (fails.id.clone(), outcome(Status::Failed, false)),
            (flaky.id.clone(), outcome(Status::Passed, true)),
            (passes.id.clone(), outcome(Status::Passed, false)),
            (by_the_app.id.clone(), outcome(Status::Passed, false)),
            (rests.id.clone(), outcome(Status::Passed, false)),
        ]);
        let seen = observe(&outcomes);
        let tests: Vec<_> = seen.tests.keys().map(TestId::name).collect();
        assert_eq!(tests, ["suite::passes", "suite::passes_by_the_app", "suite::rests"]);
        assert_eq!(lines(&seen.tests[&passes.id]), ["s3:PutObject arn:aws:s3:::{uploads}/test/*"]);
        assert!(seen.tests[&rests.id].is_empty());
        assert!(seen.shared.values().all(Needs::is_empty), "{seen:?}");
        assert_eq!(seen.existing.len(), 5);

        put(&target, &by_the_app.id.sandbox_key(), Some(target::APP_NAME), "y").await;
        put(&target, &by_the_app.id.sandbox_key(), Some("another-app"), "z").await;
        put(&target, &SandboxKey::harness(), None, "z").await;
        target.aws.s3.list_buckets().send().await.unwrap();
        let seen = observe(&outcomes);
        let app = lines(&seen.shared[&Subject::App]);
        assert_eq!(app, ["s3:PutObject arn:aws:s3:::{bucket}/{key-prefix}*"]);
        let fixtures = lines(&seen.shared[&Subject::Fixtures]);
        assert_eq!(fixtures, ["s3:PutObject arn:aws:s3:::{bucket}/test/*"]);
        assert!(seen.tests[&passes.id].is_empty(), "the log is taken, not copied");
    }
}
