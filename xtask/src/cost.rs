//! What a run's calls cost by a dated price table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod estimate;
mod expected;
mod limit;
mod memory;
mod prices;
mod spending;
mod words;

pub(crate) use estimate::estimate;
pub(crate) use expected::{Expected, Planned, expected};
pub(crate) use limit::{Limit, check_limit};
pub(crate) use memory::{Lesson, Memory, fewest_samples};
pub(crate) use spending::Spending;
pub(crate) use words::{sentence, share};

/// The region whose prices are shown for calls that AWS does not bill: those of a run on the embedded
/// AWS.
pub(crate) const SANDBOX_PRICES_OF: &str = "us-east-1";

/// The share of `xtask` itself in [`Cost::by_suite`]: preflight, marks, probes, sweep.
pub(crate) const OWN_SHARE: &str = "xtask";

/// An estimate in US dollars, rather too high than too low.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// All of it; `None` where something has no known price.
    pub(crate) total: Option<f64>,
    /// Each suite's share, and `xtask`'s own; `None` where something has no known price.
    pub(crate) by_suite: BTreeMap<String, Option<f64>>,
    /// Each service's share, the same way.
    pub(crate) by_service: BTreeMap<String, Option<f64>>,
    /// What is not in it, and what has no price, in words.
    pub(crate) notes: Vec<String>,
    /// The region whose prices these are.
    pub(crate) region: String,
    /// When the prices were looked up, `2026-11-25`.
    pub(crate) prices_of: String,
    /// Whether the target sends a bill; else the sums are what the same calls cost on AWS.
    #[serde(default)]
    pub(crate) billed: bool,
}
