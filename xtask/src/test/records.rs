//! What the tests left for the report: their measurements, and on AWS their calls.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use contract::measurement::{BudgetVerdict, Measurement};
use contract::{Record, TestId};

use super::junit::Outcome;
use crate::context::Context;
use crate::report::Status;

/// The records of all tests and of all their attempts. One attempt may have left several, each of
/// another place that it was given.
#[derive(Debug, Default)]
pub(crate) struct Records {
    records: Vec<Record>,
}

impl Records {
    /// Makes the folder where the tests leave their records, and empties it of those of an earlier run
    /// of the same name.
    ///
    /// # Errors
    /// Where it cannot be made or emptied.
    pub(crate) fn prepare(run_folder: &Path) -> Result<PathBuf> {
        let folder = run_folder.join("records");
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("emptying `{}`", folder.display()));
            }
            _ => {}
        }
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("making the folder `{}`", folder.display()))?;
        Ok(folder)
    }

    /// Reads what the tests left. A record that cannot be read is named, and left out.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub(crate) fn read(cx: &Context, folder: &Path) -> Result<Records> {
        let mut records = Records::default();
        let reading = || format!("reading `{}`", folder.display());
        for entry in std::fs::read_dir(folder).with_context(reading)? {
            let path = entry.with_context(reading)?.path();
            match read(&path) {
                Ok(record) => records.records.push(record),
                Err(error) => {
                    cx.ui.warning(format_args!("what a test has recorded is lost: {error:#}"));
                }
            }
        }
        Ok(records)
    }

    /// Every record.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }

    /// What each test measured in its last attempt, in the order in which it did.
    pub(crate) fn measurements(&self) -> BTreeMap<TestId, Vec<&Measurement>> {
        let mut last: BTreeMap<TestId, (u32, Vec<&Measurement>)> = BTreeMap::new();
        for record in &self.records {
            let (attempt, measurements) = last.entry(record.test()).or_default();
            if record.attempt > *attempt {
                *attempt = record.attempt;
                measurements.clear();
            }
            if record.attempt == *attempt {
                measurements.extend(&record.measurements);
            }
        }
        last.into_iter().map(|(test, (_, measurements))| (test, measurements)).collect()
    }

    /// Takes no test for passed whose samples do not tell whether its budgets are kept.
    pub(crate) fn judge(&self, outcomes: &mut BTreeMap<TestId, Outcome>) {
        for (test, measurements) in self.measurements() {
            let Some(outcome) = outcomes.get_mut(&test) else { continue };
            let doubts: Vec<_> = measurements.into_iter().filter_map(doubt).collect();
            if outcome.status == Status::Passed && !doubts.is_empty() {
                outcome.status = Status::Inconclusive;
                outcome.message = Some(doubts.join("; "));
            }
        }
    }
}

fn read(path: &Path) -> Result<Record> {
    let bytes = std::fs::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("reading `{}`", path.display()))
}

/// Why a measurement tells nothing; `None` where it tells something.
fn doubt(measurement: &Measurement) -> Option<String> {
    let judged = measurement.budgets.iter();
    let mut inconclusive = judged.filter(|judged| judged.verdict == BudgetVerdict::Inconclusive);
    let judged = inconclusive.next()?;
    let why = judged.reason.as_deref().unwrap_or("the samples do not tell");
    let Measurement { operation, subject, .. } = measurement;
    Some(format!("{operation} {subject}: {}: {why}", judged.budget))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contract::measurement::{Distribution, Judged, Load, Unit};

    use super::*;
    use crate::config::Config;
    use crate::ui::Ui;

    fn measurement(verdict: BudgetVerdict) -> Measurement {
        let latency =
            Distribution { count: 3, min: 1, p50: 2, p90: 3, p99: 3, max: 3, buckets: Vec::new() };
        let judged = Judged {
            budget: "p50 < 2 s".to_owned(),
            limit: 2.0,
            measured: 1.0,
            interval: None,
            unit: Unit::Seconds,
            verdict,
            reason: Some("3 samples".to_owned()),
        };
        Measurement {
            operation: "upload".to_owned(),
            subject: "1 KB".to_owned(),
            object_bytes: Some(1_000),
            concurrency: 1,
            load: Load::Closed,
            warm_up: 0,
            seconds: 1.0,
            latency,
            baseline: None,
            budgets: vec![judged],
        }
    }

    fn record(test: &TestId, attempt: u32, verdict: BudgetVerdict) -> Record {
        Record { measurements: vec![measurement(verdict)], ..Record::of(test, attempt) }
    }

    #[test]
    fn the_last_attempt_counts_and_what_is_no_record_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Records::prepare(folder.path()).unwrap();
        let test = TestId::new("tests::suites", "performance_aws::works");
        let attempts =
            [(2, BudgetVerdict::Inconclusive), (1, BudgetVerdict::Fail), (2, BudgetVerdict::Pass)];
        for (place, (attempt, verdict)) in attempts.into_iter().enumerate() {
            let record = record(&test, attempt, verdict);
            let path = folder.join(record.file_name(&place.to_string()));
            std::fs::write(path, serde_json::to_vec(&record).unwrap()).unwrap();
        }
        std::fs::write(folder.join("broken.json"), "{").unwrap();
        let cx = Context { ui: Ui::new(false), config: Config::of(&[], &[]) };
        let records = Records::read(&cx, &folder).unwrap();
        assert_eq!(records.all().count(), 3);
        let mut verdicts: Vec<_> =
            records.measurements()[&test].iter().filter_map(|m| m.verdict()).collect();
        verdicts.sort();
        assert_eq!(verdicts, [BudgetVerdict::Pass, BudgetVerdict::Inconclusive]);

        let outcome =
            Outcome { status: Status::Passed, flaky: true, time: Duration::ZERO, message: None };
        let mut outcomes = BTreeMap::from([(test.clone(), outcome)]);
        records.judge(&mut outcomes);
        let outcome = &outcomes[&test];
        assert_eq!(outcome.status, Status::Inconclusive);
        let message = outcome.message.as_deref();
        assert_eq!(message, Some("upload 1 KB: p50 < 2 s: 3 samples"));
        assert!(outcome.ran_well());

        // The folder is this run's alone.
        let again = Records::prepare(folder.parent().unwrap()).unwrap();
        assert_eq!(std::fs::read_dir(again).unwrap().count(), 0);
    }

    #[test]
    fn a_failed_test_stays_failed_and_a_kept_budget_passes() {
        let judged = |status, verdict| {
            let test = TestId::new("tests::suites", "performance_aws::works");
            let records = Records { records: vec![record(&test, 1, verdict)] };
            let outcome = Outcome { status, flaky: false, time: Duration::ZERO, message: None };
            let mut outcomes = BTreeMap::from([(test.clone(), outcome)]);
            records.judge(&mut outcomes);
            outcomes[&test].status
        };
        assert_eq!(judged(Status::Failed, BudgetVerdict::Inconclusive), Status::Failed);
        assert_eq!(judged(Status::Passed, BudgetVerdict::Pass), Status::Passed);
    }
}
