//! The same with more and more at once: where does the throughput end?

use super::scenario::{Budget, MEDIAN, Operation, Scenario, hold};
use super::{KB, secs};

/// How many at once, in how many rounds, and how many times raw HTTP it may take then: the app shares
/// the cores with the server, and needs more of them.
const STEPS: [(usize, usize, f64); 4] = [(1, 20, 3.75), (4, 16, 4.5), (16, 9, 5.0), (64, 6, 7.0)];

/// The app's runtime has a thread for each core, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_from_one_to_sixty_four_at_once() {
    hold(&STEPS.map(|(concurrency, rounds, times_raw)| Scenario {
        concurrency,
        samples: rounds * concurrency,
        warm_up: 1,
        ..Scenario::of(
            Operation::Download { bytes: KB },
            [Budget::OnAws(MEDIAN, secs(2)), Budget::TimesRaw(times_raw)],
        )
    }))
    .await;
}
