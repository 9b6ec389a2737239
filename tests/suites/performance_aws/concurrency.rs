//! The same with more and more at once: where does the throughput end?

use super::scenario::{Budget, MEDIAN, Operation, Scenario, hold};
use super::{KB, secs};

/// How many at once, and how many times raw HTTP it may take then: the app shares the cores with the
/// server, and needs more of them.
const STEPS: [(usize, f64); 4] = [(1, 5.0), (4, 5.0), (16, 6.0), (64, 9.0)];

/// So many rounds at each step: the fewest whose median can be judged.
const ROUNDS: usize = 6;

/// The app's runtime has a thread for each core, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_from_one_to_sixty_four_at_once() {
    hold(&STEPS.map(|(concurrency, times_raw)| Scenario {
        concurrency,
        samples: ROUNDS * concurrency,
        warm_up: 1,
        ..Scenario::of(
            Operation::Download { bytes: KB },
            [Budget::OnAws(MEDIAN, secs(2)), Budget::TimesRaw(times_raw)],
        )
    }))
    .await;
}
