//! How the API is served, where choices are kept, and which models there are.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;

/// Which models there are, and how long they may take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModelSettings {
    /// `MODEL_CATALOGUE`: the file that lists them; the shipped list where unset.
    pub catalogue: Option<PathBuf>,
    /// `MODEL_TIMEOUT_SECONDS`: for a whole answer with all its attempts, and for each piece of a streamed one.
    pub timeout: Duration,
}

/// `DATABASE_FILE`: where users' choices are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// `:memory:`: gone with the process.
    Memory,
    /// A SQLite file, made where it is missing.
    File(PathBuf),
}

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

impl ModelSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let catalogue = reader.optional("MODEL_CATALOGUE", |text| Ok(PathBuf::from(text)));
        let timeout = reader.with_default("MODEL_TIMEOUT_SECONDS", |text| {
            let seconds = number(text, 1..=3_600)?;
            Ok(Duration::from_secs(seconds))
        });
        Some(Self { catalogue, timeout: timeout? })
    }
}

impl DatabaseLocation {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        reader.with_default("DATABASE_FILE", |text| match text {
            ":memory:" => Ok(Self::Memory),
            path => Ok(Self::File(PathBuf::from(path))),
        })
    }
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

fn number(text: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("{text:?} is no whole number from {} to {}", range.start(), range.end())),
    }
}
