//! What every handler may use, opened once at the start.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_types::SdkConfig;
use futures::future::join_all;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{ApiError, body_limits};
use crate::models::{Catalogue, CatalogueError, Models};
use crate::preferences::{Preferences, PreferencesError};
use crate::settings::{BackendSettings, Settings};
use crate::storage::{Purpose, Storage, StorageError};

/// How long uploads have to be aborted, each of them twice, a second apart.
const LAST_ABORTS: Duration = Duration::from_secs(4);

/// What every handler may use. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    catalogue: Catalogue,
    models: Models,
    preferences: Preferences,
    /// Invariant: one for each purpose, in the order of [`Purpose::ALL`].
    storages: Vec<Storage>,
    /// Where presigned URLs of local files lead; None where files are on S3.
    local_files_path: Option<String>,
    max_upload_bytes: u64,
    shutdown_grace: Duration,
    max_json_bytes: u64,
    stopping: CancellationToken,
}

impl AppState {
    /// Opens everything that `settings` name: the catalogue, the database with its schema brought up to date, the storages.
    ///
    /// `aws` must hold an HTTP client, a sleep implementation, and what credentials there are.
    /// No request is made here.
    ///
    /// # Errors
    /// With the part that could not be opened.
    pub async fn start(settings: &Settings, aws: &SdkConfig) -> Result<Self, StartError> {
        let catalogue = Catalogue::load(settings.models.catalogue.as_deref())?;
        let storage = |purpose| {
            Storage::new(settings, purpose, aws)
                .map_err(|source| StartError::Storage { purpose, source })
        };
        let storages = Purpose::ALL.into_iter().map(storage).collect::<Result<_, _>>()?;
        let preferences = Preferences::open(&settings.database).await?;
        Ok(Self(Arc::new(Inner {
            max_json_bytes: body_limits::json_bytes(&catalogue),
            catalogue,
            models: Models::new(&settings.models, aws),
            preferences,
            storages,
            local_files_path: local_files_path(&settings.backend),
            max_upload_bytes: settings.server.max_upload_bytes,
            shutdown_grace: settings.server.shutdown_grace,
            stopping: CancellationToken::new(),
        })))
    }

    /// The models that users may choose from.
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    /// Calls them.
    pub fn models(&self) -> &Models {
        &self.0.models
    }

    /// Which user has chosen which.
    pub fn preferences(&self) -> &Preferences {
        &self.0.preferences
    }

    /// The files of a purpose.
    pub fn storage(&self, purpose: Purpose) -> &Storage {
        &self.0.storages[purpose as usize]
    }

    /// The path of `LOCAL_STORAGE_BASE_URL`, without a `/` at its end; `None` where files are on S3.
    pub(super) fn local_files_path(&self) -> Option<&str> {
        self.0.local_files_path.as_deref()
    }

    /// The largest file that the API takes, in bytes.
    pub fn max_upload_bytes(&self) -> u64 {
        self.0.max_upload_bytes
    }

    /// How long requests may go on after the shutdown has begun.
    pub(super) fn shutdown_grace(&self) -> Duration {
        self.0.shutdown_grace
    }

    /// The largest JSON body that the API takes, in bytes.
    pub fn max_json_bytes(&self) -> u64 {
        self.0.max_json_bytes
    }

    /// Cancelled when answers that are still on their way must come to an end.
    pub(super) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// What `work` comes to, unless the server has to end before.
    pub(super) async fn unless_stopping<T, E: Into<ApiError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, ApiError> {
        tokio::select! {
            biased;
            () = self.0.stopping.cancelled() => Err(ApiError::stopping()),
            result = work => result.map_err(Into::into),
        }
    }

    /// Waits for uploads that are being aborted, up to 4 seconds, and closes the database; [`serve`](super::serve) does it
    /// at its end.
    pub async fn close(&self) {
        let aborts = join_all(self.0.storages.iter().map(Storage::settle));
        if timeout(LAST_ABORTS, aborts).await.is_err() {
            tracing::warn!("parts of uploads may stay behind: S3 has not answered in time");
        }
        self.0.preferences.close().await;
    }
}

fn local_files_path(backend: &BackendSettings) -> Option<String> {
    match backend {
        BackendSettings::S3(_) => None,
        BackendSettings::Local(local) => {
            Some(local.base_url.path().trim_end_matches('/').to_owned())
        }
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState").finish_non_exhaustive()
    }
}

/// Why the app does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no list of models.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// Users' choices cannot be kept.
    #[error(transparent)]
    Preferences(#[from] PreferencesError),
    /// Files cannot be kept.
    #[error("could not open the storage of `{purpose}`")]
    Storage {
        /// Which files.
        purpose: Purpose,
        /// Why not.
        #[source]
        source: StorageError,
    },
}

impl StartError {
    /// What to do about it, where there is a cure.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Storage { source, .. } => source.hint(),
            Self::Preferences(error) => error.hint(),
            Self::Catalogue(error) => error.hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn start(variables: &[(&str, &str)]) -> Result<AppState, StartError> {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let settings = Settings::from_vars(variables).unwrap();
        AppState::start(&settings, &SdkConfig::builder().build()).await
    }

    #[tokio::test]
    async fn each_purpose_has_its_own_storage() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        let state = start(&[("LOCAL_STORAGE_ROOT", &root), ("DATABASE_FILE", ":memory:")]).await;
        let state = state.unwrap();
        for purpose in Purpose::ALL {
            assert_eq!(state.storage(purpose).purpose(), purpose);
        }
    }

    #[tokio::test]
    async fn what_cannot_be_opened_is_named_with_its_cure() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("file"), "no database").unwrap();
        let good =
            [("LOCAL_STORAGE_ROOT", path("files")), ("DATABASE_FILE", path("new/app.sqlite"))];
        for (variable, value, expected) in [
            ("MODEL_CATALOGUE", path("missing.toml"), "missing.toml"),
            ("DATABASE_FILE", path("file"), "could not open the database"),
            ("LOCAL_STORAGE_ROOT", path("file"), "could not open the storage of `creatives`"),
        ] {
            let mut variables: Vec<_> =
                good.iter().map(|(name, value)| (*name, value.as_str())).collect();
            variables.push((variable, &value));
            let error = start(&variables).await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.hint().is_some_and(|hint| hint.contains(variable)), "{error:?}");
        }
        let variables: Vec<_> = good.iter().map(|(name, value)| (*name, value.as_str())).collect();
        start(&variables).await.unwrap();
    }
}
