//! Keeps the mark of a run fresh while the run goes on.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{BEAT, Mark, MarkPlace};
use crate::aws::Aws;
use crate::ui::Ui;

/// A task that puts a mark again every [`BEAT`]. Dropped, it ends after the put that is on its way;
/// [`Heartbeat::stop`] waits for that.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    /// Never sent: that it is gone is the signal.
    alive: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Heartbeat {
    /// Begins to beat. The first put, [`Mark::put`], is the caller's: a run that cannot write its
    /// mark should not begin, while a heartbeat that fails later only warns.
    pub(crate) fn start(aws: Aws, mark: Mark, places: Vec<MarkPlace>, ui: Ui) -> Heartbeat {
        Self::every(BEAT, aws, mark, places, ui)
    }

    fn every(beat: Duration, aws: Aws, mark: Mark, places: Vec<MarkPlace>, ui: Ui) -> Heartbeat {
        let (alive, mut gone) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut failing = false;
            loop {
                tokio::select! {
                    _ = &mut gone => return,
                    () = tokio::time::sleep(beat) => {}
                }
                // Not part of the `select!`: a put is never given up half way.
                match mark.put(&aws, &places).await {
                    Ok(()) => failing = false,
                    // Once for each time that it begins to fail, not every 15 s.
                    Err(error) if !failing => {
                        failing = true;
                        ui.warning(format_args!(
                            "the run's mark could not be renewed, so that a clean-up may take the run for dead: {error}"
                        ));
                    }
                    Err(_) => {}
                }
            }
        });
        Heartbeat { alive, task }
    }

    /// Stops, and waits for a put that is on its way: the mark can be removed for good after this.
    pub(crate) async fn stop(self) {
        drop(self.alive);
        // A task that panicked has stopped, too.
        let _ = self.task.await;
    }
}

#[cfg(test)]
mod tests {
    use contract::{Prefix, Root, RunId, Shard};

    use super::*;
    use crate::leftovers::fake::{self, Asked};

    fn places() -> Vec<MarkPlace> {
        let shard = Shard::parse("2/4").unwrap();
        MarkPlace::all(&["one".to_owned()], &RunId::parse("r-1").unwrap(), Some(shard))
    }

    fn heartbeat(
        answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static,
    ) -> (Heartbeat, fake::Log) {
        let run = RunId::parse("r-1").unwrap();
        let (place, log) = fake::place(Prefix::of_run(Root::Test, &run), answer);
        let beat = Duration::from_millis(5);
        let mark = Mark::of_this_process(&run, None);
        (Heartbeat::every(beat, place.aws.clone(), mark, places(), Ui::new(true)), log)
    }

    async fn beaten(log: &fake::Log, times: usize) {
        let enough = async {
            while log.all().len() < times {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), enough).await.unwrap();
    }

    #[tokio::test]
    async fn the_mark_is_put_into_every_place_again_and_again_until_it_is_stopped() {
        let (heartbeat, log) = heartbeat(|_| (200, String::new()));
        beaten(&log, 4).await;
        heartbeat.stop().await;
        let asked = log.all();
        let target = |asked: &Asked| asked.target.split('?').next().map(ToOwned::to_owned);
        let mut targets: Vec<_> = asked.iter().filter_map(target).collect();
        targets.sort_unstable();
        targets.dedup();
        assert_eq!(
            targets,
            ["/one/perf-test/r-1/_run-2-of-4.json", "/one/test/r-1/_run-2-of-4.json"]
        );
        let owner = ("x-amz-expected-bucket-owner".to_owned(), "123456789012".to_owned());
        assert!(asked.iter().all(|asked| asked.headers.contains(&owner)), "{asked:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(log.all().len(), asked.len());
    }

    #[tokio::test]
    async fn a_heartbeat_that_fails_goes_on() {
        let (heartbeat, log) = heartbeat(|_| fake::error(403, "AccessDenied"));
        beaten(&log, 6).await;
        assert!(!heartbeat.task.is_finished());
    }

    #[tokio::test]
    async fn a_dropped_heartbeat_ends() {
        let (heartbeat, log) = heartbeat(|_| (200, String::new()));
        beaten(&log, 2).await;
        drop(heartbeat);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let count = log.all().len();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(log.all().len(), count);
    }
}
