//! The program from its start to its end: settings, log, SDK, server.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials as _;
use aws_types::SdkConfig;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::api::{self, AppState, StartError};
use crate::logging::LogFilterError;
use crate::settings::{BackendSettings, DatabaseLocation, Settings, SettingsError};
use crate::storage::Purpose;
use crate::{aws, causes, logging};

/// Serves the app until SIGINT or SIGTERM.
///
/// # Errors
/// Where it cannot start.
pub async fn run() -> Result<(), ProgramError> {
    let settings = Settings::load()?;
    logging::start(settings.server.log_format)?;
    let stop = stop_signal().map_err(ProgramError::Signals)?;
    // First of all: a database that another process serves is left alone.
    let address = settings.server.listen_address;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ProgramError::Listen { address, source })?;
    let sdk_config = aws::load(&settings.aws).await;
    let state = AppState::start(&settings, &sdk_config).await?;
    let address = listener.local_addr().unwrap_or(address);
    announce(&settings, &state, address);
    tokio::spawn(announce_credentials(sdk_config));
    api::serve(state, listener, stop).await;
    tracing::info!("stopped");
    Ok(())
}

/// Done at the first SIGINT or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Done at the first Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn announce(settings: &Settings, state: &AppState, address: SocketAddr) {
    match &settings.backend {
        BackendSettings::S3(s3) => {
            let buckets = Purpose::ALL.map(|purpose| s3.bucket(purpose).as_str()).join(", ");
            tracing::info!(region = %s3.region, buckets, "files are on S3");
        }
        BackendSettings::Local(local) => {
            tracing::info!(folder = %local.root.display(), "files are local");
            let base = &local.base_url;
            let loopback = matches!(base.host_str(), Some("127.0.0.1" | "localhost"));
            if loopback && base.port_or_known_default() != Some(address.port()) {
                tracing::warn!(
                    "presigned URLs start with `{base}`, where this app does not listen: set `LOCAL_STORAGE_BASE_URL`"
                );
            }
        }
    }
    match &settings.database {
        DatabaseLocation::Memory => tracing::info!("choices are in memory, and end with it"),
        DatabaseLocation::File(file) => tracing::info!(file = %file.display(), "choices are kept"),
    }
    let catalogue = state.catalogue();
    let file = settings.models.catalogue.as_ref().map(|path| path.display().to_string());
    tracing::info!(
        catalogue = file.as_deref().unwrap_or("shipped"),
        models = catalogue.models().len(),
        default = %catalogue.default_model().id,
        "models"
    );
    tracing::info!("listening on http://{address}, API description at /openapi.json");
}

/// In the background, since the SDK's chain may ask the network.
async fn announce_credentials(sdk_config: SdkConfig) {
    let Some(provider) = sdk_config.credentials_provider() else {
        return;
    };
    match timeout(Duration::from_secs(10), provider.provide_credentials()).await {
        Ok(Ok(_)) if sdk_config.region().is_none() => {
            tracing::warn!("no AWS region: models answer errors until `AWS_REGION` is set");
        }
        Ok(Ok(_)) => tracing::info!("AWS credentials were found"),
        Ok(Err(error)) => tracing::warn!(
            cause = causes::in_one_line(&error),
            "no AWS credentials: models answer errors until `app/.env` or the environment has `AWS_REGION` and keys, or `AWS_PROFILE`"
        ),
        Err(_) => tracing::warn!("no AWS credentials came within 10 s: models answer errors"),
    }
}

/// Why the app does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// The settings are wrong; the error's text has its own hint.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The log's filter is wrong.
    #[error(transparent)]
    LogFilter(#[from] LogFilterError),
    /// No signal could be waited for.
    #[error("could not listen for signals")]
    Signals(#[source] io::Error),
    /// The address cannot be listened on.
    #[error("could not listen on `{address}`")]
    Listen {
        /// `LISTEN_ADDRESS`.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A part of the app does not open.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl ProgramError {
    /// The error with its causes, and the cure after an empty line.
    pub fn report(&self) -> String {
        let mut report = causes::in_one_line(self);
        if let Some(hint) = self.hint() {
            let _ = write!(report, "\n\nhint: {hint}");
        }
        report
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::LogFilter(error) => Some(error.hint()),
            Self::Start(error) => error.hint(),
            Self::Listen { source, .. } => match source.kind() {
                io::ErrorKind::AddrInUse => Some(
                    "end the program that listens there, or take a free port: LISTEN_ADDRESS=127.0.0.1:0"
                        .to_owned(),
                ),
                io::ErrorKind::AddrNotAvailable => Some(
                    "set `LISTEN_ADDRESS` to an address of this machine, such as 127.0.0.1:3000"
                        .to_owned(),
                ),
                io::ErrorKind::PermissionDenied => Some(
                    "set `LISTEN_ADDRESS` to a port from 1024 on, such as 127.0.0.1:3000".to_owned(),
                ),
                _ => None,
            },
            Self::Settings(_) | Self::Signals(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_is_told_with_its_cure() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let source = TcpListener::bind(address).await.unwrap_err();
        let report = ProgramError::Listen { address, source }.report();
        assert!(report.starts_with(&format!("could not listen on `{address}`: ")), "{report}");
        assert!(report.contains("\n\nhint: end the program that listens there"), "{report}");
    }
}
