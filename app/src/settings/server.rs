//! How the API is served.

use std::net::SocketAddr;
use std::time::Duration;

use super::reader::{Reader, number};

/// How the API is served.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerSettings {
    /// `LISTEN_ADDRESS`.
    pub listen_address: SocketAddr,
    /// `MAX_UPLOAD_BYTES`: the largest file that the API takes.
    pub max_upload_bytes: u64,
    /// `SHUTDOWN_GRACE_SECONDS`: how long requests may go on after the shutdown has begun; then streams are told to end.
    pub shutdown_grace: Duration,
    /// `LOG_FORMAT`.
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl ServerSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let listen_address = reader.with_default("LISTEN_ADDRESS", |text| {
            text.parse().map_err(|_| format!("{text:?} is no IP address with a port"))
        });
        let max_upload_bytes =
            reader.with_default("MAX_UPLOAD_BYTES", |text| number(text, 1..=MAX_OBJECT_BYTES));
        let shutdown_grace = reader.with_default("SHUTDOWN_GRACE_SECONDS", |text| {
            number(text, 0..=3_600).map(Duration::from_secs)
        });
        let log_format = reader.with_default("LOG_FORMAT", |text| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            other => Err(format!("{other:?} is no log format")),
        });
        Some(Self {
            listen_address: listen_address?,
            max_upload_bytes: max_upload_bytes?,
            shutdown_grace: shutdown_grace?,
            log_format: log_format?,
        })
    }
}

/// 5 TiB: 10,000 parts could hold more, but an object may not (Amazon S3 User Guide, "Multipart upload limits", and its 50 TB are not everywhere).
const MAX_OBJECT_BYTES: u64 = 5 * 1024 * 1024 * 1024 * 1024;
