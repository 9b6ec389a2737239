//! The app as a server of the test's own: real HTTP, on a free port of loopback.

use std::ops::Deref;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::TestEnv;
use crate::api::Api;

/// A running app. Dropped without [`Server::stop`], it ends with the test's runtime.
pub(crate) struct Server {
    api: Api,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl TestEnv {
    /// Serves the app, with files and choices in a folder of the test's own and the test's own
    /// access key for models.
    pub(crate) async fn serve(&self) -> Server {
        self.serve_with(&[]).await
    }

    /// [`TestEnv::serve`] with some settings changed; an empty value counts as unset.
    pub(crate) async fn serve_with(&self, changes: &[(&str, &str)]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let files = self.file("files");
        let local_files = format!("{base}/local-files");
        let defaults = [
            ("STORAGE_BACKEND", "local"),
            ("LOCAL_STORAGE_ROOT", files.as_str()),
            ("LOCAL_STORAGE_BASE_URL", local_files.as_str()),
            ("DATABASE_FILE", ":memory:"),
        ];
        let changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
        let kept = defaults.into_iter().filter(|(name, _)| !changed(name));
        let changes: Vec<_> = kept.chain(changes.iter().copied()).collect();
        let settings = self.settings(&changes).unwrap();
        let state = app::api::AppState::start(&settings, self.sdk_config()).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let stopped = async move {
                // An error means that the test has dropped the server: stopped, too.
                let _ = stopped.await;
            };
            app::api::serve(state, listener, stopped).await;
        });
        Server { api: Api::at(base), stop, serving }
    }
}

impl Server {
    /// Stops it as a signal would, and waits until everything is written and closed.
    pub(crate) async fn stop(self) {
        // A server that is gone has stopped already.
        let _ = self.stop.send(());
        self.serving.await.unwrap();
    }
}

impl Deref for Server {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}
