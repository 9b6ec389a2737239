//! Removes what lies in a place, page by page, and looks again until a listing finds nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract::Prefix;
use indicatif::ProgressBar;
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::claims::{Claims, Seen};
use super::job::{Done, Job};
use super::listing::{Uploads, Versions};
use super::pace::Pace;
use super::request::{self, BATCH};
use super::{Failures, Leftover, NotRemoved, Notice, Place, Tally};
use crate::aws::AwsError;

/// So many times is looked again where little was found; a writer that goes on writing must not keep
/// us for ever. Passes that removed a whole batch or more of what was not there before do not count:
/// some servers end a listing early when the key that it should go on from has been deleted. What a
/// server says it deleted and lists again is no progress, however much it is.
const SMALL_PASSES: u32 = 4;

/// What every removal of a command shares: the number of requests in flight, the progress, the stop.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(super) pace: Pace,
    stopped: AtomicBool,
    pub(super) progress: ProgressBar,
    pub(super) first_wait: Duration,
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

    pub(super) fn is_stopped(&self) -> bool {
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
    /// Where things came back until we gave up; they are among the failures.
    pub(crate) returning: Vec<Returning>,
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
        self.returning.extend(other.returning);
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

/// Things that the server says it deleted, and lists again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Returning {
    bucket: String,
    prefix: Prefix,
    things: u64,
}

impl fmt::Display for Returning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Returning { bucket, prefix, things } = self;
        let (things, are, them) = match things {
            1 => ("1 thing".to_owned(), "is", "it"),
            more => (format!("{more} things"), "are", "them"),
        };
        write!(
            f,
            "{things} below `{prefix}` in `{bucket}` {are} listed again each time after the server said that it had deleted {them}"
        )
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
    let claims = RefCell::new(Claims::new());
    let mut small_passes = 0;
    let mut backoff = Backoff::new(engine.first_wait, SMALL_PASSES);
    loop {
        let look_only = small_passes == SMALL_PASSES;
        let known = std::mem::take(&mut removal.failures);
        let work = Work { engine, place, known: &known, claims: &claims, look_only };
        let (versions, uploads) = futures::join!(work.versions(&admit), work.uploads(&admit));
        removal.failures = known;
        let (mut found, mut first, mut gone, mut returning) = (0, 0, 0, 0);
        for pass in [versions, uploads] {
            found += pass.found;
            first += pass.first;
            gone += pass.gone.things();
            returning += pass.returning;
            removal.removed.merge(&pass.gone);
            removal.removed.take_away(&pass.again);
            removal.failures.merge(pass.failures);
            removal.notices.extend(pass.notices);
            removal.error = removal.error.or(pass.error);
        }
        removal.stopped = engine.is_stopped();
        if returning > 0 {
            let (bucket, prefix) = (place.bucket.clone(), place.prefix.clone());
            removal.returning.push(Returning { bucket, prefix, things: returning });
        }
        if found == 0 || look_only || removal.error.is_some() || removal.stopped {
            return removal;
        }
        let first = first * claims.borrow().scale();
        if gone.min(first) < BATCH as u64 {
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
    /// How many of them, in the sample of [`Claims`], were not there before.
    first: u64,
    /// Those that were there before and should have been gone.
    again: Tally,
    /// How many things came back and are given up.
    returning: u64,
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
    claims: &'a RefCell<Claims>,
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
        let mut claims = self.work.claims.borrow_mut();
        for item in &items {
            let seen = claims.see(item);
            match seen {
                Seen::First => self.pass.first += 1,
                Seen::Again => self.pass.again.add(item),
                Seen::Unknown => {}
            }
            if self.work.look_only {
                self.give_up(item.clone(), seen);
            }
        }
        if self.work.look_only { Vec::new() } else { items }
    }

    fn give_up(&mut self, item: Leftover, seen: Seen) {
        let (code, message) = if seen == Seen::First {
            ("JustWritten", "it was written while the rest was being removed")
        } else {
            self.pass.returning += 1;
            ("StillListed", "it was listed again each time after it had been deleted")
        };
        self.pass.failures.add(NotRemoved::new(item, code, message));
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
