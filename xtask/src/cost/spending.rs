//! What was called, and by whom.

use std::collections::BTreeMap;

use contract::calls::{self, CallCount, Calls};
use contract::{KeyKind, Record, TestId};
use sandbox::Call;

/// What was called, and by whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spending {
    /// By each test and its fixture. A test that called nothing is in it, too.
    pub(crate) by_test: BTreeMap<TestId, Calls>,
    /// By `xtask`, and by nobody that could be told.
    pub(crate) own: Calls,
}

impl Spending {
    /// From the log of the embedded AWS, for the tests that ran.
    ///
    /// A test is told by the key that it signs with, its fixture by the place that it looks at.
    pub(crate) fn of_log<'a>(
        log: &[Call],
        tests: impl IntoIterator<Item = &'a TestId>,
    ) -> Spending {
        let mut spending = Spending::default();
        let mut by_key = BTreeMap::new();
        let mut by_segment = BTreeMap::new();
        for test in tests {
            spending.by_test.insert(test.clone(), Calls::default());
            by_key.insert(test.sandbox_key().id, test.clone());
            by_segment.insert(test.segment(), test.clone());
        }
        for call in log {
            let of_key = call.access_key.as_ref().and_then(|key| by_key.get(key));
            let of_place = || by_segment.get(&segment(call)?);
            let calls = match of_key.or_else(of_place) {
                Some(test) => spending.by_test.entry(test.clone()).or_default(),
                None => &mut spending.own,
            };
            calls.add(&calls::key(&call.action, call.model.as_deref()), count(call));
        }
        spending
    }

    /// From what the tests that ran counted themselves, all attempts together, and what `xtask`
    /// counted of its own. A test that called nothing may have left no record.
    pub(crate) fn of_records<'a>(
        records: impl IntoIterator<Item = &'a Record>,
        tests: impl IntoIterator<Item = &'a TestId>,
        own: Calls,
    ) -> Spending {
        let tests = tests.into_iter().map(|test| (test.clone(), Calls::default()));
        let mut by_test: BTreeMap<_, _> = tests.collect();
        for record in records {
            by_test.entry(record.test()).or_default().merge(&record.calls);
        }
        Spending { by_test, own }
    }
}

/// The test in the key or the prefix of a call.
fn segment(call: &Call) -> Option<String> {
    let key = call.key.clone().or_else(|| {
        // What a listing begins with is a key as soon as something stands behind it.
        call.prefix.as_ref().map(|prefix| format!("{prefix}x"))
    })?;
    match KeyKind::of(&key) {
        KeyKind::Test { segment, .. } => Some(segment.to_owned()),
        _ => None,
    }
}

fn count(call: &Call) -> CallCount {
    let answered = calls::invokes_a_model(&call.action) && (200..300).contains(&call.status);
    let tokens = call.tokens.filter(|_| answered);
    CallCount {
        requests: 1,
        received_bytes: call.answer_bytes.unwrap_or_default(),
        input_tokens: tokens.map_or(0, |tokens| tokens.input),
        output_tokens: tokens.map_or(0, |tokens| tokens.output),
        untold: u64::from(answered && tokens.is_none()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::ByteStream;
    use contract::target::{SANDBOX_ACCOUNT, SANDBOX_REGION};
    use contract::test_id::SandboxKey;
    use contract::{Prefix, Root, RunId};
    use sandbox::{AccessKey, Sandbox};

    use super::*;
    use crate::aws::{self, Aws};

    fn connect(sandbox: &Sandbox, key: &SandboxKey) -> Aws {
        sandbox.add_access_key(AccessKey::user(SANDBOX_ACCOUNT, "somebody", &key.id, &key.secret));
        aws::connect_to_sandbox(sandbox.endpoint(), SANDBOX_REGION, key, SANDBOX_ACCOUNT)
    }

    fn requests(calls: &Calls) -> Vec<(&str, u64)> {
        calls.0.iter().map(|(key, count)| (key.as_str(), count.requests)).collect()
    }

    #[tokio::test]
    async fn a_log_is_shared_out_among_tests_their_fixtures_and_xtask() {
        let sandbox = Sandbox::start(sandbox::Config::default()).await.unwrap();
        let test = |name: &str| TestId::new("tests::suites", format!("suite::{name}"));
        let (busy, idle) = (test("busy"), test("idle"));
        let own = connect(&sandbox, &TestId::new("xtask", "test").sandbox_key());
        let fixture = connect(&sandbox, &SandboxKey::harness());
        let tester = connect(&sandbox, &busy.sandbox_key());
        own.s3.create_bucket().bucket("a-bucket").send().await.unwrap_err();
        let location = aws_sdk_s3::types::BucketLocationConstraint::from(SANDBOX_REGION);
        let configuration = aws_sdk_s3::types::CreateBucketConfiguration::builder();
        let configuration = configuration.location_constraint(location).build();
        let create = own.s3.create_bucket().bucket("a-bucket");
        create.create_bucket_configuration(configuration).send().await.unwrap();

        let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
        let ask = aws::Request {
            service: aws::Service::Iam,
            action: "iam:GetRole",
            subject: String::new(),
            method: "POST",
            path: "/".to_owned(),
            headers: vec![form],
            body: b"Action=GetRole&Version=2010-05-08&RoleName=nobody".to_vec(),
        };
        own.signed.send(ask).await.unwrap_err();

        let run = RunId::parse("r-1").unwrap();
        let place = Prefix::of_attempt(Root::Test, &run, &busy, "n").unwrap();
        let put = tester.s3.put_object().bucket("a-bucket").key(format!("{place}k"));
        put.body(ByteStream::from_static(b"four")).send().await.unwrap();
        let get = tester.s3.get_object().bucket("a-bucket").key(format!("{place}k"));
        get.send().await.unwrap().body.collect().await.unwrap();
        // The fixture looks at the test's place, and once at nothing that tells a test.
        let list = || fixture.s3.list_object_versions().bucket("a-bucket");
        list().prefix(place.as_str()).send().await.unwrap();
        list().send().await.unwrap();

        let spending = Spending::of_log(&sandbox.calls(), [&busy, &idle]);
        let expected = [("s3:GetObject", 1), ("s3:ListObjectVersions", 1), ("s3:PutObject", 1)];
        assert_eq!(requests(&spending.by_test[&busy]), expected);
        assert_eq!(spending.by_test[&busy].0["s3:GetObject"].received_bytes, 4);
        assert_eq!(spending.by_test[&idle], Calls::default());
        let expected = [("iam:GetRole", 1), ("s3:CreateBucket", 2), ("s3:ListObjectVersions", 1)];
        assert_eq!(requests(&spending.own), expected);
        // What xtask counts by itself is what the log says of it.
        let mut counted = own.meter.take();
        assert_eq!(requests(&counted), expected[..2]);
        counted.add("s3:ListObjectVersions", spending.own.0["s3:ListObjectVersions"]);
        assert_eq!(counted, spending.own);
    }

    #[test]
    fn attempts_are_summed() {
        let test = TestId::new("tests::suites", "suite::flaky");
        let record = |attempt| {
            let mut record = Record::of(&test, attempt);
            record.calls.add("s3:PutObject", CallCount { requests: 2, ..CallCount::default() });
            record
        };
        let records = [record(1), record(2)];
        let silent = TestId::new("tests::suites", "suite::silent");
        let spending = Spending::of_records(&records, [&test, &silent], Calls::default());
        assert_eq!(requests(&spending.by_test[&test]), [("s3:PutObject", 4)]);
        assert_eq!(spending.by_test[&silent], Calls::default());
    }
}
