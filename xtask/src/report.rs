//! What is kept of a run: `summary.json`, and the page that shows it.

mod document;

pub(crate) use document::{
    Counts, Document, Environment, Leak, Measured, Permission, Reason, Skipped, Status, Sweep,
    Test, Timing, VERSION,
};
