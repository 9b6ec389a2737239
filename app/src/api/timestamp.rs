//! Points in time as they are sent: RFC 3339, in UTC.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `2024-05-17T09:30:00.123Z`; times that have no such form (behind the year 9999) do not occur on a clock that is set.
pub(super) fn rfc3339(time: SystemTime) -> String {
    OffsetDateTime::from(time).format(&Rfc3339).unwrap_or_default()
}
