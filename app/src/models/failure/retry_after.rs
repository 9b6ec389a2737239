//! The header `Retry-After` (RFC 9110, section 10.2.3).

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// Reads seconds, or a date; dates count from `now`, the answer's own `Date`, since clocks differ.
///
/// `None` for what is not understood, and for more than a day: nobody would wait for it.
pub(super) fn parse(value: &str, now: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    let time = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let then = date(value)?;
            let now = now.and_then(date).unwrap_or_else(OffsetDateTime::now_utc);
            Duration::try_from(then - now).unwrap_or_default()
        }
    };
    (time <= LONGEST).then_some(time)
}

const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc2822).ok()
}
