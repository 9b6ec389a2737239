//! What a scenario of the performance suite measured, as it travels from the test to the run's report.

use serde::{Deserialize, Serialize};

/// One scenario's samples, summed up, with what its budgets say of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What was done: `upload`, `download`, `presign`, `exists`, `list`, ...
    pub operation: String,
    /// What it was done with: `1 KB`, `50 objects`. Together with `operation`, `concurrency` and `load`
    /// it tells a scenario from all others.
    pub subject: String,
    /// Bytes of the object that each operation moves; `None` where it moves none.
    pub object_bytes: Option<u64>,
    /// How many operations were under way at once at the most.
    pub concurrency: u32,
    /// What started an operation.
    pub load: Load,
    /// Operations whose results were thrown away, before the first that counts.
    pub warm_up: u64,
    /// Seconds from the start of the first operation that counts to the end of the last, without the
    /// baseline's share.
    pub seconds: f64,
    /// How long the operations took.
    pub latency: Distribution,
    /// How long the same took by raw HTTP to the same server, in the same seconds.
    pub baseline: Option<Distribution>,
    /// What was asked of it.
    pub budgets: Vec<Judged>,
}

/// What starts an operation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// The end of the one before it.
    Closed,
    /// The clock: operations are due at a steady rate, and each one's time counts from when it was due,
    /// so that a server that stalls is not spared the requests that had to wait meanwhile.
    Open {
        /// Operations due in each second.
        per_second: f64,
    },
}

/// Latencies in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// How many.
    pub count: u64,
    /// The shortest.
    pub min: u64,
    /// The median.
    pub p50: u64,
    /// The 90th percentile.
    pub p90: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The longest.
    pub max: u64,
    /// The whole distribution, in the order of the latencies; no bucket is empty.
    pub buckets: Vec<Bucket>,
}

/// Some latencies that are nearly the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// The longest that counts in it, in microseconds.
    pub up_to: u64,
    /// How many there are.
    pub count: u64,
}

/// A budget, and what the samples say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The budget in words: `p99 < 2 s`, `median < 3 x raw HTTP`.
    pub budget: String,
    /// What the measured value must stay below, in `unit`.
    pub limit: f64,
    /// The measured value.
    pub measured: f64,
    /// The bounds of its confidence interval; `None` where the samples are too few for one.
    pub interval: Option<(f64, f64)>,
    /// What limit, value and bounds count.
    pub unit: Unit,
    /// What follows.
    pub verdict: BudgetVerdict,
    /// Why, where the verdict alone does not say it.
    pub reason: Option<String>,
}

/// What a budget counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Times the baseline.
    Ratio,
}

/// What the samples say of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetVerdict {
    /// Kept, beyond doubt.
    Pass,
    /// The samples are too few or too noisy to tell.
    Inconclusive,
    /// Broken, beyond doubt.
    Fail,
}

impl Measurement {
    /// Operations in each second.
    pub fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.latency.count as f64 / self.seconds } else { 0.0 }
    }

    /// Bytes in each second; `None` where an operation moves none.
    pub fn bytes_per_second(&self) -> Option<f64> {
        Some(self.object_bytes? as f64 * self.per_second())
    }

    /// The worst verdict; `None` without a budget.
    pub fn verdict(&self) -> Option<BudgetVerdict> {
        self.budgets.iter().map(|judged| judged.verdict).max()
    }
}
