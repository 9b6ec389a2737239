//! One task of a removal: a request, its retries, and one request per thing where the server takes no
//! batches.

use std::sync::Arc;

use futures::StreamExt as _;

use super::backoff::Backoff;
use super::remove::Engine;
use super::request::{self, Answer};
use super::{Kind, Leftover, NotRemoved, Place, Tally};
use crate::aws::{AwsError, ErrorKind};

/// Tries of one request beyond the first, each with the SDK's own.
const RETRIES: u32 = 6;

/// What one task did.
#[derive(Default)]
pub(super) struct Done {
    /// What is gone.
    pub(super) gone: Tally,
    /// What will not go.
    pub(super) failed: Vec<NotRemoved>,
    /// What ended the task early.
    pub(super) error: Option<AwsError>,
}

impl Done {
    fn merge(&mut self, other: Done) {
        self.gone.merge(&other.gone);
        self.failed.extend(other.failed);
        self.error = self.error.take().or(other.error);
    }
}

/// Removes a batch of things, or one.
pub(super) struct Job {
    /// Shared by all.
    pub(super) engine: Arc<Engine>,
    /// Where they lie.
    pub(super) place: Arc<Place>,
}

impl Job {
    /// Tries until each thing is gone or known not to go.
    pub(super) async fn run(&self, items: Vec<Leftover>) -> Done {
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
                        done.failed.extend(given_up.map(|item| item.give_up()));
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
            [item] if !batch && item.kind == Kind::Upload => {
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
