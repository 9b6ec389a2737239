//! Answers that take as long as those of a server far away: a wrapper around any HTTP service.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Either};
use hyper::service::Service;

/// How long each answer is held back, whatever it says.
///
/// An answer is held back as a whole before its first byte is sent: a stream, once it has begun, flows as it would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// So long at least.
    pub fixed: Duration,
    /// And so much longer at most: how much is drawn anew for each answer, every length being as likely.
    pub noise: Duration,
    /// What the draws begin with: requests that come one after another are held back by the same sequence again.
    pub seed: u64,
}

/// Draws how long the next answer is held back.
pub(crate) struct Delays {
    latency: Latency,
    random: Mutex<fastrand::Rng>,
}

impl Delays {
    pub(crate) fn new(latency: Latency) -> Self {
        Self { latency, random: Mutex::new(fastrand::Rng::with_seed(latency.seed)) }
    }

    fn next(&self) -> Duration {
        let share = self.random.lock().unwrap_or_else(PoisonError::into_inner).f64();
        self.latency.fixed + self.latency.noise.mul_f64(share)
    }
}

impl fmt::Debug for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.latency.fmt(f)
    }
}

/// A service whose answers are held back; without delays, the service itself.
pub(crate) struct Delayed<S> {
    service: S,
    delays: Option<Arc<Delays>>,
}

impl<S> Delayed<S> {
    pub(crate) fn new(service: S, delays: Option<Arc<Delays>>) -> Self {
        Self { service, delays }
    }
}

impl<S, R> Service<R> for Delayed<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: Send,
    S::Error: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<S::Response, S::Error>>>;

    fn call(&self, request: R) -> Self::Future {
        let answer = self.service.call(request);
        let Some(delays) = &self.delays else { return Either::Left(answer) };
        let delay = delays.next();
        let held_back = async move {
            let answer = answer.await;
            tokio::time::sleep(delay).await;
            answer
        };
        Either::Right(held_back.boxed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn sequence(latency: Latency) -> Vec<Duration> {
        let delays = Delays::new(latency);
        (0..1_000).map(|_| delays.next()).collect()
    }

    #[test]
    fn noise_is_spread_evenly_on_top_of_what_is_fixed() {
        let delays = sequence(Latency { fixed: 20 * MS, noise: 30 * MS, seed: 1 });
        assert!(delays.iter().all(|delay| (20 * MS..=50 * MS).contains(delay)));
        let above = |limit| delays.iter().filter(|delay| **delay > limit).count();
        // Of 1,000 draws, three quarters, a half and a quarter; five standard deviations are 68 to 79.
        for (limit, expected) in [(27_500, 750), (35_000, 500), (42_500, 250)] {
            let found = above(Duration::from_micros(limit));
            assert!(found.abs_diff(expected) < 80, "{found} of 1000 are above {limit} us");
        }
    }

    #[test]
    fn a_seed_repeats_its_sequence_and_no_other() {
        let latency = |seed| Latency { fixed: Duration::ZERO, noise: 10 * MS, seed };
        assert_eq!(sequence(latency(7)), sequence(latency(7)));
        assert_ne!(sequence(latency(7)), sequence(latency(8)));
    }

    #[test]
    fn without_noise_every_answer_takes_the_same() {
        let delays = sequence(Latency { fixed: 5 * MS, ..Latency::default() });
        assert!(delays.into_iter().all(|delay| delay == 5 * MS));
    }
}
