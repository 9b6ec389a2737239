//! What `xtask` and the tests agree on, and nothing else: the variables that carry a run to the
//! tests, the grammar of the keys that a test may write, how a test is named in keys and call logs,
//! which test modules need a capability that some targets lack, and what a test leaves for the run's
//! report.
//!
//! Only `std`, and `serde` for what is written by one side and read by the other: both link it, so it
//! must not pull in what they do not have anyway.

pub mod buckets;
pub mod calls;
pub mod capability;
pub mod measurement;
pub mod prefix;
pub mod record;
pub mod run_id;
pub mod shard;
pub mod target;
pub mod test_id;

pub use capability::Capability;
pub use prefix::{KeyKind, Prefix, Root};
pub use record::Record;
pub use run_id::RunId;
pub use shard::Shard;
pub use target::Target;
pub use test_id::TestId;
