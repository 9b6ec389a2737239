//! Dates as signatures and errors write them.

use time::format_description::FormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const AMZ_DATE: &[FormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

pub(super) fn parse_amz_date(text: &str) -> Option<OffsetDateTime> {
    PrimitiveDateTime::parse(text, AMZ_DATE).ok().map(PrimitiveDateTime::assume_utc)
}

/// `20260131T120000Z`, as in `X-Amz-Date`.
pub(super) fn amz_date(time: OffsetDateTime) -> String {
    time.to_offset(time::UtcOffset::UTC).format(AMZ_DATE).unwrap_or_default()
}

/// `2026-01-31T12:00:00Z`, as in error fields.
pub(crate) fn iso8601(time: OffsetDateTime) -> String {
    const FORMAT: &[FormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time.to_offset(time::UtcOffset::UTC).format(FORMAT).unwrap_or_default()
}
