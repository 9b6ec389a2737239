//! The time by the server's clock, read from the `Date` of its answers.
//!
//! Ages are differences between a server's `Last-Modified` and now; with our own clock they would be
//! off by its skew.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// How far the server's clock is ahead of ours, by its latest answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerClock {
    ahead_millis: Arc<AtomicI64>,
}

impl ServerClock {
    /// Now, by the server's clock; by our own before the first answer.
    pub(crate) fn now(&self) -> SystemTime {
        let ahead = self.ahead_millis.load(Ordering::Relaxed);
        let distance = Duration::from_millis(ahead.unsigned_abs());
        if ahead < 0 { SystemTime::now() - distance } else { SystemTime::now() + distance }
    }

    /// How far both clocks are apart; `None` where they are not, or before the first answer.
    pub(crate) fn skew(&self) -> Option<Duration> {
        let ahead = self.ahead_millis.load(Ordering::Relaxed).unsigned_abs();
        (ahead > 0).then(|| Duration::from_millis(ahead))
    }

    /// What reads the clock off each answer.
    pub(super) fn interceptor(&self) -> impl Intercept + 'static {
        ReadDate { clock: self.clone() }
    }

    fn saw(&self, server: SystemTime, local: SystemTime) {
        let millis = |distance: Duration| i64::try_from(distance.as_millis()).unwrap_or(i64::MAX);
        let ahead = match server.duration_since(local) {
            Ok(ahead) => millis(ahead),
            // `Date` has whole seconds: being behind by less than one says nothing.
            Err(behind) if behind.duration() < Duration::from_secs(1) => 0,
            Err(behind) => -millis(behind.duration()),
        };
        self.ahead_millis.store(ahead, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct ReadDate {
    clock: ServerClock,
}

impl Intercept for ReadDate {
    fn name(&self) -> &'static str {
        "ReadDate"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        if let Some(date) = date.and_then(|date| httpdate::parse_http_date(date).ok()) {
            self.clock.saw(date, SystemTime::now());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_clock_is_followed_in_both_directions() {
        let clock = ServerClock::default();
        let local = SystemTime::now();
        for hours in [2, 0] {
            let there = local + Duration::from_secs(3600 * hours) - Duration::from_secs(3600);
            clock.saw(there, local);
            let off = clock.now().duration_since(there).unwrap();
            assert!(off < Duration::from_secs(5), "{off:?}");
        }
    }
}
