//! Removes what lies in a place, page by page, and looks again until a listing finds nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use indicatif::ProgressBar;
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::listing::{Uploads, Versions};
use super::pace::Pace;
use super::request::{self, Answer, BATCH};
use super::{Failures, Leftover, NotRemoved, Notice, Place, Tally};
use crate::aws::{AwsError, ErrorKind};

/// So many times is looked again where little was found; a writer that goes on writing must not keep
/// us for ever. Passes that removed a whole batch or more do not count: some servers end a listing
/// early when the key that it should go on from has been deleted.
const SMALL_PASSES: u32 = 4;

/// Tries of one request beyond the first, each with the SDK's own.
const RETRIES: u32 = 6;

/// What every removal of a command shares: the number of requests in flight, the progress, the stop.
#[derive(Debug)]
pub(crate) struct Engine {
    pace: Pace,
    stopped: AtomicBool,
    progress: ProgressBar,
    first_wait: Duration,
}

impl Engine {
    /// With a bar that counts what is removed.
    pub(crate) fn new(progress: ProgressBar) -> Arc<Engine> {
        Self::with_first_wait(progress, Duration::from_millis(200))
    }

    fn with_first_wait(progress: ProgressBar, first_wait: Duration) -> Arc<Engine> {
        let stopped = AtomicBool::new(false);
        Arc::new(Engine { pace: Pace::new(), stopped, progress, first_wait })
    }

    /// For tests: the same, without the long waits.
    #[cfg(test)]
    pub(super) fn impatient() -> Arc<Engine> {
        Self::with_first_wait(ProgressBar::hidden(), Duration::from_millis(1))
    }

    /// Begins no new request; those on their way are waited for.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// What became of a removal.
#[derive(Debug, Default)]
pub(crate) struct Removal {
    /// What is gone.
    pub(crate) removed: Tally,
    /// What is left although it should have gone.
    pub(crate) failures: Failures,
    /// What makes the result less than it seems.
    pub(crate) notices: BTreeSet<Notice>,
    /// What ended the removal early.
    pub(crate) error: Option<AwsError>,
    /// Whether [`Engine::stop`] ended it early.
    pub(crate) stopped: bool,
}

impl Removal {
    /// Adds what became of another place.
    pub(crate) fn merge(&mut self, other: Removal) {
        self.removed.merge(&other.removed);
        self.failures.merge(other.failures);
        self.notices.extend(other.notices);
        self.error = self.error.take().or(other.error);
        self.stopped |= other.stopped;
    }

    /// Whether everything that should have gone is gone.
    pub(crate) fn is_complete(&self) -> bool {
        self.error.is_none()
            && !self.stopped
            && self.failures.total() == 0
            && !self.notices.iter().any(|notice| notice.hides_leftovers())
    }
}

/// Removes what `admit` lets through, of each page as it is listed.
///
/// Ends when a listing shows nothing more to remove, so that what is said to be gone was looked for.
pub(crate) async fn remove(
    engine: &Arc<Engine>,
    place: &Arc<Place>,
    admit: impl AsyncFn(Vec<Leftover>) -> Vec<Leftover>,
) -> Removal {
    let mut removal = Removal::default();
    let mut small_passes = 0;
    let mut backoff = Backoff::new(engine.first_wait, SMALL_PASSES);
    loop {
        let look_only = small_passes == SMALL_PASSES;
        let known = std::mem::take(&mut removal.failures);
        let work = Work { engine, place, known: &known, look_only };
        let (versions, uploads) = futures::join!(work.versions(&admit), work.uploads(&admit));
        removal.failures = known;
        let mut found = 0;
        let mut gone = 0;
        for pass in [versions, uploads] {
            found += pass.found;
            gone += pass.gone.things();
            removal.removed.merge(&pass.gone);
            removal.failures.merge(pass.failures);
            removal.notices.extend(pass.notices);
            removal.error = removal.error.or(pass.error);
        }
        removal.stopped = engine.is_stopped();
        if found == 0 || look_only || removal.error.is_some() || removal.stopped {
            return removal;
        }
        if gone < BATCH as u64 {
            small_passes += 1;
            // The first look follows at once: mostly, everything is gone.
            if small_passes > 1 {
                backoff.wait().await;
            }
        }
    }
}

/// One look at everything, and what it led to.
#[derive(Default)]
struct Pass {
    /// How many things were admitted and not known to fail.
    found: u64,
    gone: Tally,
    failures: Failures,
    notices: BTreeSet<Notice>,
    error: Option<AwsError>,
}

/// What the two halves of a pass share.
struct Work<'a> {
    engine: &'a Arc<Engine>,
    place: &'a Arc<Place>,
    known: &'a Failures,
    look_only: bool,
}

impl Work<'_> {
    async fn versions(&self, admit: &impl AsyncFn(Vec<Leftover>) -> Vec<Leftover>) -> Pass {
        let mut pages = Versions::new(self.place);
        let mut tasks = Tasks::new(self);
        let mut batch = Vec::new();
        while !tasks.should_end() {
            match pages.next().await {
                Ok(Some(page)) => {
                    for item in tasks.admitted(page, admit).await {
                        if !request::goes_in_batch(&item) {
                            tasks.spawn(vec![item]).await;
                            continue;
                        }
                        batch.push(item);
                        if batch.len() == BATCH {
                            tasks.spawn(std::mem::take(&mut batch)).await;
                        }
                    }
                }
                Ok(None) => break,
                Err(error) => tasks.pass.error = Some(error),
            }
        }
        if !batch.is_empty() {
            tasks.spawn(batch).await;
        }
        tasks.pass.notices = pages.notices();
        tasks.finish().await
    }

    async fn uploads(&self, admit: &impl AsyncFn(Vec<Leftover>) -> Vec<Leftover>) -> Pass {
        let mut pages = Uploads::new(self.place);
        let mut tasks = Tasks::new(self);
        while !tasks.should_end() {
            match pages.next().await {
                Ok(Some(page)) => {
                    for item in tasks.admitted(page, admit).await {
                        tasks.spawn(vec![item]).await;
                    }
                }
                Ok(None) => break,
                Err(error) => tasks.pass.error = Some(error),
            }
        }
        tasks.pass.notices = pages.notices();
        tasks.finish().await
    }
}

/// Requests on their way, while the listing goes on.
struct Tasks<'a> {
    work: &'a Work<'a>,
    running: JoinSet<Done>,
    pass: Pass,
}

impl<'a> Tasks<'a> {
    fn new(work: &'a Work<'a>) -> Self {
        Tasks { work, running: JoinSet::new(), pass: Pass::default() }
    }

    fn should_end(&self) -> bool {
        self.pass.error.is_some() || self.work.engine.is_stopped()
    }

    /// What of a page is to be removed now.
    async fn admitted(
        &mut self,
        page: Vec<Leftover>,
        admit: &impl AsyncFn(Vec<Leftover>) -> Vec<Leftover>,
    ) -> Vec<Leftover> {
        let mut items = admit(page).await;
        items.retain(|item| !self.work.known.holds(item));
        self.pass.found += items.len() as u64;
        if self.work.look_only {
            for item in items.drain(..) {
                let message = "it was listed again each time after it had been deleted";
                let bucket = &self.work.place.bucket;
                self.pass.failures.add(NotRemoved::new(bucket, item, "StillListed", message));
            }
        }
        items
    }

    /// Waits where enough is on its way already, so that the listing does not run far ahead.
    async fn spawn(&mut self, items: Vec<Leftover>) {
        while self.running.len() > self.work.engine.pace.limit() {
            self.collect_one().await;
        }
        if self.should_end() {
            return;
        }
        let (engine, place) = (Arc::clone(self.work.engine), Arc::clone(self.work.place));
        self.running.spawn(async move { Job { engine, place }.run(items).await });
    }

    async fn finish(mut self) -> Pass {
        while !self.running.is_empty() {
            self.collect_one().await;
        }
        self.pass
    }

    async fn collect_one(&mut self) {
        // A task that panicked has removed nothing that we know of; the next look finds out.
        if let Some(Ok(done)) = self.running.join_next().await {
            self.pass.gone.merge(&done.gone);
            for failure in done.failed {
                self.pass.failures.add(failure);
            }
            if let Some(error) = done.error {
                self.pass.error.get_or_insert(error);
            }
        }
    }
}

/// What one task did.
#[derive(Default)]
struct Done {
    gone: Tally,
    failed: Vec<NotRemoved>,
    error: Option<AwsError>,
}

impl Done {
    fn merge(&mut self, other: Done) {
        self.gone.merge(&other.gone);
        self.failed.extend(other.failed);
        self.error = self.error.take().or(other.error);
    }
}

#[derive(Clone)]
struct Job {
    engine: Arc<Engine>,
    place: Arc<Place>,
}

impl Job {
    async fn run(&self, items: Vec<Leftover>) -> Done {
        if let [item] = items.as_slice()
            && !request::goes_in_batch(item)
        {
            return self.repeat(items, false).await.0;
        }
        let (mut done, singly) = self.repeat(items, true).await;
        let mut singles = futures::stream::iter(singly)
            .map(|item| async move { self.repeat(vec![item], false).await.0 })
            .buffer_unordered(8);
        while let Some(single) = singles.next().await {
            done.merge(single);
        }
        done
    }

    /// Tries until nothing is left to try. Gives back what has to be tried one by one, since this
    /// server does not take it as a batch.
    async fn repeat(&self, mut items: Vec<Leftover>, batch: bool) -> (Done, Vec<Leftover>) {
        let mut done = Done::default();
        let mut backoff = Backoff::new(self.engine.first_wait, RETRIES);
        let mut slot = None;
        loop {
            if slot.is_none() {
                slot = self.engine.pace.slot().await;
            }
            let error = match self.ask(&items, batch).await {
                Ok(answer) => {
                    answer.gone.iter().for_each(|item| done.gone.add(item));
                    self.engine.progress.inc(answer.gone.len() as u64);
                    done.failed.extend(answer.failed);
                    if answer.again.is_empty() {
                        self.engine.pace.went_well();
                        return (done, Vec::new());
                    }
                    self.engine.pace.slow_down(&mut slot);
                    if self.engine.is_stopped() || !backoff.wait().await {
                        let given_up = answer.again.into_iter();
                        done.failed.extend(given_up.map(|item| item.give_up(&self.place)));
                        return (done, Vec::new());
                    }
                    items = answer.again.into_iter().map(|again| again.item).collect();
                    continue;
                }
                Err(error) => error,
            };
            match error.kind {
                ErrorKind::Throttled => self.engine.pace.slow_down(&mut slot),
                ErrorKind::Unreachable => {}
                _ if batch && takes_no_batch(&error) => return (done, items),
                _ => return (Done { error: Some(error), ..done }, Vec::new()),
            }
            if self.engine.is_stopped() || !backoff.wait().await {
                return (Done { error: Some(error), ..done }, Vec::new());
            }
        }
    }

    async fn ask(&self, items: &[Leftover], batch: bool) -> Result<Answer, AwsError> {
        match items {
            [item] if !batch && item.kind == super::Kind::Upload => {
                request::abort(&self.place, item).await
            }
            [item] if !batch => request::delete_one(&self.place, item).await,
            _ => request::delete_batch(&self.place, items).await,
        }
    }
}

/// Servers without DeleteObjects, and those whose XML parser chokes on one of the keys.
fn takes_no_batch(error: &AwsError) -> bool {
    error.kind == ErrorKind::NotSupported || error.code.as_deref() == Some("MalformedXML")
}
