//! The connections to SQLite: one that writes, some that read.
//!
//! A file is in WAL mode, in which readers and the writer do not wait for each other (SQLite, "Write-Ahead Logging").
//! All writes of this process go through one connection, in the order in which they asked for it,
//! so that none of them meets a lock of another; between processes the busy timeout waits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, Transaction};
use tokio::time::Instant;
use uuid::Uuid;

use super::error::{Fault, PreferencesError};
use super::schema::{self, Step};
use crate::settings::DatabaseLocation;

/// Connections to one database.
#[derive(Clone, Debug)]
pub(super) struct Database {
    /// Invariant: has one connection at most.
    writer: SqlitePool,
    readers: SqlitePool,
    place: Arc<str>,
}

/// How long another process may hold the lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an operation may queue for a connection of this process.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(30);

const READERS: u32 = 4;

/// Between two attempts to switch to WAL mode.
const RETRY_PAUSE: Duration = Duration::from_millis(20);

impl Database {
    pub(super) async fn open(
        location: &DatabaseLocation,
        steps: &[Step],
        busy_timeout: Duration,
    ) -> Result<Self, PreferencesError> {
        match location {
            DatabaseLocation::Memory => Self::in_memory(steps).await,
            DatabaseLocation::File(path) => Self::in_file(path, steps, busy_timeout).await,
        }
    }

    /// One connection, which is the database: another one would be another database, and with it the content ends.
    async fn in_memory(steps: &[Step]) -> Result<Self, PreferencesError> {
        let place = ":memory:";
        let pool = pool(1)
            .connect_with(SqliteConnectOptions::new().in_memory(true))
            .await
            .map_err(|error| refused(place, error))?;
        let mut connection = pool.acquire().await.map_err(|error| refused(place, error))?;
        bring_up(place, &mut connection, steps).await?;
        drop(connection);
        Ok(Self { writer: pool.clone(), readers: pool, place: place.into() })
    }

    async fn in_file(
        path: &Path,
        steps: &[Step],
        busy_timeout: Duration,
    ) -> Result<Self, PreferencesError> {
        let place = path.display().to_string();
        let path = make_folder(path).await.map_err(|error| PreferencesError::Open {
            place: place.clone(),
            fault: Fault::of_io(&error),
            source: Some(error.into()),
        })?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(busy_timeout)
            // FULL: the log is synced before a switch is acknowledged, so that it survives a crash of the process,
            // and one of the machine too, as far as its disk keeps what it has synced.
            .synchronous(SqliteSynchronous::Full);
        let mut first = match options.clone().create_if_missing(true).connect().await {
            Ok(connection) => connection,
            Err(error) => return Err(unopened(&place, &path, error).await),
        };
        prepare(&place, &mut first, steps, busy_timeout).await?;
        // These do not make the file: one that was deleted meanwhile is an error, not an empty database.
        let database = Self {
            writer: pool(1).connect_lazy_with(options.clone()),
            readers: pool(READERS).connect_lazy_with(options.pragma("query_only", "ON")),
            place: place.as_str().into(),
        };
        database.writer.acquire().await.map_err(|error| refused(&place, error))?;
        // Not before the writer is there: the last connection that closes takes the log away.
        first.close().await.map_err(|error| refused(&place, error))?;
        Ok(database)
    }

    /// A transaction that holds the lock for writing from the start: whatever it reads still holds when it writes.
    pub(super) async fn write(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    pub(super) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    pub(super) fn failed(&self, operation: &'static str, error: sqlx::Error) -> PreferencesError {
        let fault = Fault::of(&error);
        PreferencesError::Query {
            operation,
            place: self.place.to_string(),
            fault,
            source: error.into(),
        }
    }

    /// The writer last: it moves the log into the file.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Connections are never given up for their age: in memory they are the database.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(QUEUE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// The path that SQLite gets: absolute, since it would take `file:x?y` for a URI and an empty one for a temporary database.
pub(super) async fn make_folder(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    Ok(path)
}

/// Checks the file, switches it to WAL mode, and brings its schema up to date.
async fn prepare(
    place: &str,
    connection: &mut SqliteConnection,
    steps: &[Step],
    busy_timeout: Duration,
) -> Result<(), PreferencesError> {
    let foreign = schema::is_foreign(connection).await.map_err(|error| refused(place, error))?;
    if foreign {
        let place = place.to_owned();
        return Err(PreferencesError::Open { place, fault: Fault::Foreign, source: None });
    }
    let until = Instant::now() + busy_timeout;
    // SQLite does not wait by itself where it needs the file alone to change its mode.
    while let Err(error) = switch_to_wal(connection).await {
        if Fault::of(&error) != Fault::Locked || Instant::now() > until {
            return Err(refused(place, error));
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
    bring_up(place, connection, steps).await
}

/// The mode is a property of the file, and stays.
async fn switch_to_wal(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode = WAL").fetch_one(connection).await?;
    if mode != "wal" {
        return Err(sqlx::Error::Configuration("the file system does not support WAL mode".into()));
    }
    Ok(())
}

async fn bring_up(
    place: &str,
    connection: &mut SqliteConnection,
    steps: &[Step],
) -> Result<(), PreferencesError> {
    schema::bring_up(connection, steps).await.map_err(|error| PreferencesError::Open {
        place: place.to_owned(),
        fault: schema::fault(&error, steps),
        source: Some(error.into()),
    })
}

fn refused(place: &str, error: sqlx::Error) -> PreferencesError {
    let fault = Fault::of(&error);
    PreferencesError::Open { place: place.to_owned(), fault, source: Some(error.into()) }
}

/// SQLite keeps the cause for itself: the file system is asked for it.
async fn unopened(place: &str, path: &Path, error: sqlx::Error) -> PreferencesError {
    let fault = match Fault::of(&error) {
        Fault::Other => fault_of_path(path).await,
        fault => fault,
    };
    PreferencesError::Open { place: place.to_owned(), fault, source: Some(error.into()) }
}

/// Never opens the file itself: closing it again would take away the locks
/// that other connections of this process have on it (SQLite, "How To Corrupt An SQLite Database File", section 2.2).
async fn fault_of_path(path: &Path) -> Fault {
    let there = match tokio::fs::metadata(path).await {
        Ok(metadata) if metadata.is_dir() => return Fault::Directory,
        Ok(_) => true,
        Err(_) => false,
    };
    let neighbour = path.with_file_name(format!(".{}", Uuid::new_v4()));
    match tokio::fs::OpenOptions::new().write(true).create_new(true).open(&neighbour).await {
        Err(error) => Fault::of_io(&error),
        Ok(_) => {
            // Empty and with a name that nobody else has: if it stays, it does no harm.
            let _ = tokio::fs::remove_file(&neighbour).await;
            if there { Fault::PermissionDenied } else { Fault::Other }
        }
    }
}
