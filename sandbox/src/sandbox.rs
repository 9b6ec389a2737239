//! The server as a value: start, endpoint, keys, calls, stop on drop.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use crate::access_key::{AccessKey, Keyring};
use crate::calls::{Call, CallLog};
use crate::front::Front;
use crate::iam::PolicyError;
use crate::latency::{Delays, Latency};

/// Threads that serve requests.
const WORKERS: usize = 2;

/// How a sandbox is started.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// TCP port on 127.0.0.1; 0 (the default) lets the system choose a free one.
    pub port: u16,
    /// New buckets are as before April 2023: ACLs enabled, public access not blocked.
    ///
    /// For software and test suites that still expect those defaults; AWS itself has them no more.
    pub legacy_bucket_defaults: bool,
    /// Holds every answer back, so that a server nearby can stand for one far away; `None` (the default) answers at once.
    pub latency: Option<Latency>,
}

/// A running embedded AWS; dropping it closes its port and its connections at once.
///
/// The server has threads of its own, so that a caller that blocks its runtime does not starve it, and so that it can be dropped anywhere, outside a runtime too.
pub struct Sandbox {
    endpoint: String,
    keys: Arc<Keyring>,
    calls: Arc<CallLog>,
    stop: Option<oneshot::Sender<()>>,
    stopped: watch::Receiver<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Binds the port and serves until the value is dropped.
    ///
    /// # Errors
    /// The port is taken, or the system gives no thread.
    pub async fn start(config: Config) -> io::Result<Sandbox> {
        let listener =
            std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, config.port)))?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("http://{}", listener.local_addr()?);

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("sandbox")
            .enable_all()
            .build()?;
        let keys = Arc::new(Keyring::default());
        let calls = Arc::new(CallLog::default());
        let front = Front::new(keys.clone(), calls.clone(), config.legacy_bucket_defaults);
        let delays = config.latency.map(|latency| Arc::new(Delays::new(latency)));
        let (stop, stop_signal) = oneshot::channel::<()>();
        let (report, stopped) = watch::channel(false);

        let thread = std::thread::Builder::new().name("sandbox".into()).spawn(move || {
            runtime.block_on(async move {
                let listener = match TcpListener::from_std(listener) {
                    Ok(listener) => listener,
                    Err(error) => return tracing::error!(%error, "the listener was not taken over"),
                };
                tokio::select! {
                    () = front.serve(listener, delays) => {}
                    _ = stop_signal => {}
                }
            });
            // Connections are tasks of this runtime: they go with it, and nobody waits for a request that hangs.
            runtime.shutdown_background();
            report.send_replace(true);
        })?;

        Ok(Self { endpoint, keys, calls, stop: Some(stop), stopped, thread: Some(thread) })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Makes an access key known; one with the same id is replaced.
    pub fn add_access_key(&self, key: AccessKey) {
        self.keys.add(key);
    }

    /// Forgets an access key; requests signed with it are refused from now on.
    pub fn remove_access_key(&self, id: &str) {
        self.keys.remove(id);
    }

    /// Holds an access key to identity-based policies from now on, JSON documents as IAM takes them; they replace those that it had.
    ///
    /// A key that was never given any may do everything in its account; an empty list allows nothing.
    ///
    /// # Errors
    /// An unknown key, or which document is malformed, where, and how; nothing is changed then.
    pub fn set_policies<T: AsRef<str>>(
        &self,
        access_key_id: &str,
        documents: impl IntoIterator<Item = T>,
    ) -> Result<(), PolicyError> {
        self.keys.set_policies(access_key_id, documents)
    }

    /// Every call answered so far, in the order of completion.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.snapshot()
    }

    /// Every call since the last time, in the order of completion; the log is emptied, so that a long-lived server does not grow.
    pub fn take_calls(&self) -> Vec<Call> {
        self.calls.take()
    }

    /// Completes when the server has stopped by itself, which it does only on a failure of its listener.
    pub async fn wait(&self) {
        let mut stopped = self.stopped.clone();
        // An error means that the server's thread is gone: stopped, too.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A receiver that is gone has stopped already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // The thread waits for no request, so this takes milliseconds; after it the port is closed.
            let _ = thread.join();
        }
    }
}
