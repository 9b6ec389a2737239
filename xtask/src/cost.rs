//! What a run's calls cost by a dated price table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An estimate in US dollars.
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
}
