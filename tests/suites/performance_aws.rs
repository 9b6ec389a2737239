//! How fast the app's storage is, and whether it keeps its budgets (requirement 8.5).
//!
//! Each test is a scenario or a small family of them: a few lines of data. How it is measured and
//! judged is in [`scenario`]. They run one at a time and alone (`.config/nextest.toml`), or they would
//! measure each other.
//!
//! To add a scenario, write a test into the module of its subject. What it does over and over is a variant
//! of [`scenario::Operation`], whose file also says what the same is by raw HTTP. A new module stands in
//! `tests/requirements.toml`, too.

use std::time::Duration;

mod concurrency;
mod distributions;
mod downloads;
mod existence;
mod intervals;
mod large_objects;
mod listings;
mod mixed;
mod presigned_urls;
mod scenario;
mod steady_rates;
mod uploads;
mod verdicts;

const KB: u64 = 1_000;
const MB: u64 = 1_000_000;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
