//! What `xtask` and the tests agree on, and nothing else: the variables that carry a run to the
//! tests, the grammar of the keys that a test may write, how a test is named in keys and call logs,
//! and which test modules need a capability that some targets lack.
//!
//! Only `std`: both sides link it, so it must not pull anything in.

pub mod buckets;
pub mod capability;
pub mod prefix;
pub mod run_id;
pub mod target;
pub mod test_id;

pub use capability::Capability;
pub use prefix::{KeyKind, Prefix, Root};
pub use run_id::RunId;
pub use target::Target;
pub use test_id::TestId;
