//! Points in time as they are sent.
//!
//! Both forms have four digits for the year: a time behind the year 9999, which only a damaged file or a strange server can
//! have, is told as the last second before.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::{datetime, format_description};

/// `2024-05-17T09:30:00.123Z` (RFC 3339), in UTC.
pub(super) fn rfc3339(time: SystemTime) -> String {
    date_time(time).format(&Rfc3339).unwrap_or_default()
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`: IMF-fixdate (RFC 9110, section 5.6.7).
pub(super) fn http_date(time: SystemTime) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    date_time(time).format(FORMAT).unwrap_or_default()
}

/// `OffsetDateTime::from` would panic for what lies behind the year 9999.
fn date_time(time: SystemTime) -> OffsetDateTime {
    // Times before 1970 do not occur on a clock that is set.
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let since_epoch = since_epoch.try_into().ok();
    let date_time = since_epoch.and_then(|time| OffsetDateTime::UNIX_EPOCH.checked_add(time));
    date_time.unwrap_or(datetime!(9999-12-31 23:59:59 UTC))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_are_those_of_http() {
        // The example of RFC 9110.
        let time = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn timestamps_are_those_of_rfc_3339() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_715_938_200_123, "2024-05-17T09:30:00.123Z"),
            (253_402_300_799_000, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn a_time_that_no_form_holds_is_the_last_one_that_it_does() {
        for seconds in [253_402_300_800, u64::try_from(i64::MAX).unwrap()] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(rfc3339(time), "9999-12-31T23:59:59Z");
            assert_eq!(http_date(time), "Fri, 31 Dec 9999 23:59:59 GMT");
        }
    }
}
