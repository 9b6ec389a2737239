//! Ctrl-C and termination, as something to wait for.

use anyhow::{Context as _, Result};

/// Listens from now on; the process no longer ends by itself.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// Where the system does not let us.
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt()).context("listening for Ctrl-C")?,
            terminate: signal(SignalKind::terminate()).context("listening for termination")?,
        })
    }

    /// Completes when one arrives.
    #[cfg(unix)]
    pub(crate) async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Starts to listen.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> Result<Signals> {
        Ok(Signals {})
    }

    /// Completes when one arrives.
    #[cfg(not(unix))]
    pub(crate) async fn received(&mut self) {
        // Without a way to listen there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Signals {
    /// Waits for `work`, and drops it where a signal arrives first: `None`.
    pub(crate) async fn unless_received<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            result = work => Some(result),
            () = self.received() => None,
        }
    }
}

/// Asks a child to end. Where that cannot be asked for, nothing happens.
pub(crate) fn terminate(pid: u32) {
    #[cfg(unix)]
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended in the meantime.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    #[cfg(not(unix))]
    let _ = pid;
}
