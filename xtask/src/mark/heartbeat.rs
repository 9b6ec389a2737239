//! Keeps the mark of a run fresh while the run goes on.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{BEAT, Mark, MarkPlace};
use crate::aws::Aws;
use crate::ui::Ui;

/// A task that puts a mark again every [`BEAT`]. Dropping it stops the task at once.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Heartbeat {
    /// Begins to beat. The first put, [`Mark::put`], is the caller's: a run that cannot write its
    /// mark should not begin, while a heartbeat that fails later only warns.
    pub(crate) fn start(aws: Aws, mark: Mark, places: Vec<MarkPlace>, ui: Ui) -> Heartbeat {
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut failing = false;
            loop {
                tokio::select! {
                    _ = &mut stopped => return,
                    () = tokio::time::sleep(BEAT) => {}
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
        Heartbeat { stop: Some(stop), task }
    }

    /// Stops, and waits for a put that is on its way: the mark can be removed for good after this.
    pub(crate) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // A task that is gone has stopped already.
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.task.abort();
    }
}
