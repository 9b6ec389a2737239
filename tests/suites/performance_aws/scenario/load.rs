//! What starts the operations: the end of the ones before, or the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::PATIENCE;

/// One operation; its number tells it from the others.
pub(super) type Do = Arc<dyn Fn(usize) -> BoxFuture<'static, ()> + Send + Sync>;

/// What is measured.
#[derive(Clone)]
pub(in super::super) struct Operations {
    /// The operation.
    pub(in super::super) app: Do,
    /// The same by raw HTTP.
    pub(in super::super) baseline: Option<Do>,
}

/// What came of it.
#[derive(Default)]
pub(in super::super) struct Taken {
    pub(in super::super) app: Vec<Duration>,
    /// As many, in turn with them; none without a baseline.
    pub(in super::super) baseline: Vec<Duration>,
    /// How many operations of the app make a round, whose time is held against the baseline's.
    round: usize,
    /// From the first operation of the app to the end of the last, without the baseline's share.
    pub(in super::super) time: Duration,
    pub(in super::super) warm_up: usize,
    pub(in super::super) most_at_once: usize,
}

impl Taken {
    /// How many times as long as the baseline each round took, by the mean of its operations.
    ///
    /// Both halves of a round are neighbours in time, so that what slows the machine down for a while
    /// slows both.
    pub(super) fn ratios(&self) -> Vec<f64> {
        let sum = |round: &[Duration]| round.iter().sum::<Duration>().as_secs_f64();
        let rounds = self.app.chunks(self.round).zip(self.baseline.chunks(self.round));
        rounds.map(|(app, baseline)| sum(app) / sum(baseline)).collect()
    }
}

/// In rounds: each is `concurrency` operations at once, once by the app and once by the baseline. Which
/// of them is first changes from round to round.
pub(in super::super) async fn closed(
    operations: &Operations,
    concurrency: usize,
    warm_up: usize,
    samples: usize,
) -> Taken {
    let mut taken = Taken {
        round: concurrency,
        warm_up: warm_up * concurrency,
        most_at_once: concurrency,
        ..Taken::default()
    };
    let started = Instant::now();
    for round in 0..warm_up + samples.div_ceil(concurrency) {
        if round > warm_up && started.elapsed() > PATIENCE {
            break;
        }
        let first = round * concurrency;
        let baseline_first = round % 2 == 1;
        let mut baseline = Vec::new();
        if let Some(operation) = operations.baseline.as_ref().filter(|_| baseline_first) {
            baseline = at_once(operation, first, concurrency).await;
        }
        let begun = Instant::now();
        let app = at_once(&operations.app, first, concurrency).await;
        let time = begun.elapsed();
        if let Some(operation) = operations.baseline.as_ref().filter(|_| !baseline_first) {
            baseline = at_once(operation, first, concurrency).await;
        }
        if round >= warm_up {
            taken.app.extend(app);
            taken.baseline.extend(baseline);
            taken.time += time;
        }
    }
    taken
}

/// How long each of some operations took that began together.
async fn at_once(operation: &Do, first: usize, count: usize) -> Vec<Duration> {
    if count == 1 {
        return vec![timed(operation(first), Instant::now()).await];
    }
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for number in first..first + count {
        running.spawn(timed(operation(number), begun));
    }
    running.join_all().await
}

async fn timed(operation: impl Future<Output = ()>, since: Instant) -> Duration {
    operation.await;
    since.elapsed()
}

/// By the clock: `per_second` operations of the app are due in each second, and between every two of
/// them one of the baseline.
///
/// An operation is begun when it is due, whether or not those before it have ended, and its time counts
/// from when it was due and not from when it was begun. A server that stalls, or a runtime that is too
/// busy to begin, thus shows in all operations that were due meanwhile. A client that waits for each
/// answer would see one slow answer and ask nothing more: the "coordinated omission" of Gil Tene's "How
/// NOT to Measure Latency".
pub(in super::super) async fn open(
    operations: &Operations,
    per_second: f64,
    warm_up: usize,
    samples: usize,
) -> Taken {
    // Not by the clock: the first connections take their time.
    (operations.app)(0).await;
    if let Some(baseline) = &operations.baseline {
        baseline(0).await;
    }
    let mut ticks = clock(Duration::from_secs_f64(0.5 / per_second), 2 * (warm_up + samples));
    let under_way = Arc::new(AtomicUsize::new(0));
    let most_at_once = Arc::new(AtomicUsize::new(0));
    let (mut app, mut baseline) = (JoinSet::new(), JoinSet::new());
    let mut first_due = None;
    while let Some((tick, due)) = ticks.recv().await {
        if first_due.is_some_and(|first: Instant| first.elapsed() > PATIENCE) {
            break;
        }
        let number = tick / 2;
        let counts = number >= warm_up;
        let numbered = move |latency| counts.then_some((number, latency));
        if tick % 2 == 1 {
            let Some(operation) = &operations.baseline else { continue };
            let operation = operation(number);
            baseline.spawn(async move { numbered(timed(operation, due).await) });
            continue;
        }
        if counts {
            first_due.get_or_insert(due);
        }
        let operation = (operations.app)(number);
        let (under_way, most_at_once) = (under_way.clone(), most_at_once.clone());
        app.spawn(async move {
            most_at_once
                .fetch_max(under_way.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            let latency = timed(operation, due).await;
            under_way.fetch_sub(1, Ordering::Relaxed);
            numbered(latency)
        });
    }
    let app = in_order(app.join_all().await);
    let time = first_due.map_or(Duration::ZERO, |first| first.elapsed());
    Taken {
        app,
        baseline: in_order(baseline.join_all().await),
        round: 1,
        time,
        warm_up: warm_up + 1,
        most_at_once: most_at_once.load(Ordering::Relaxed),
    }
}

/// Says when the next of `count` ticks is due. On a thread of its own: the runtime's timer is a
/// millisecond coarse, and late where the runtime is busy.
fn clock(period: Duration, count: usize) -> mpsc::UnboundedReceiver<(usize, Instant)> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let start = Instant::now() + period;
    std::thread::spawn(move || {
        for tick in 0..count {
            let due = start + period.mul_f64(tick as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.send((tick, due)).is_err() {
                // Nobody listens any more: the test has ended.
                return;
            }
        }
    });
    receiver
}

/// The latencies that count, by the numbers of their operations.
fn in_order(latencies: Vec<Option<(usize, Duration)>>) -> Vec<Duration> {
    let mut latencies: Vec<_> = latencies.into_iter().flatten().collect();
    latencies.sort_by_key(|(number, _)| *number);
    latencies.into_iter().map(|(_, latency)| latency).collect()
}
