//! What a test leaves for the run's report: one file for each place that it was given.

use std::path::Path;
use std::sync::PoisonError;

use contract::measurement::Measurement;
use contract::target::{RECORDS_VARIABLE, SAMPLES_VARIABLE};
use contract::{Record, TestId};

use super::TestEnv;
use super::target::variable;

impl TestEnv {
    /// Keeps a measurement for the report of the run; it is written when the test has ended, however
    /// that was.
    pub(crate) fn record(&self, measurement: Measurement) {
        self.measurements.lock().unwrap_or_else(PoisonError::into_inner).push(measurement);
    }

    /// How many samples the run asks each scenario to take, where it does.
    ///
    /// # Panics
    /// Names the variable where its value is no such number.
    pub(crate) fn samples(&self) -> Option<usize> {
        let value = variable(SAMPLES_VARIABLE)?;
        match value.parse() {
            Ok(samples) if samples > 0 => Some(samples),
            _ => panic!("`{SAMPLES_VARIABLE}` is `{value}`, expected a number from 1"),
        }
    }

    /// Whether nothing else runs meanwhile, where the configuration asks for that. Nextest sees to it;
    /// `cargo test` runs the tests side by side, as threads of one process.
    pub(crate) fn runs_alone(&self) -> bool {
        variable("NEXTEST").is_some()
    }

    /// Writes the record, where the run wants one and there is something to say.
    ///
    /// # Errors
    /// Names the file that could not be written.
    pub(super) fn leave_record(&self, id: &TestId, nonce: &str) -> Result<(), String> {
        let Some(folder) = variable(RECORDS_VARIABLE) else { return Ok(()) };
        let measurements = self.measurements.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Where somebody counts, no calls are something to say, too.
        if measurements.is_empty() && self.target.meter.is_none() {
            return Ok(());
        }
        let record = Record { measurements, calls: self.calls(), ..Record::of(id, attempt()) };
        let file = Path::new(&folder).join(record.file_name(nonce));
        let json = serde_json::to_vec(&record).map_err(|error| error.to_string())?;
        std::fs::write(&file, json).map_err(|error| {
            format!("its record `{}` could not be written: {error}", file.display())
        })
    }
}

/// Nextest's number of the attempt; without nextest there is one.
fn attempt() -> u32 {
    variable("NEXTEST_ATTEMPT").and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
}
