//! Whole seconds since the Unix epoch: the clock of signatures and of HTTP.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Times before 1970 do not occur on a clock that is set.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Now, without what is beyond whole seconds.
pub(super) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds(SystemTime::now()))
}
