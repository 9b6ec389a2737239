//! What can go wrong with the database, with its cause and a cure.

use std::fmt;
use std::io;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreferencesError {
    /// It could not be opened.
    #[error("could not open the database `{place}`: {fault}")]
    Open {
        /// The file, or `:memory:`.
        place: String,
        /// Why not.
        fault: Fault,
        /// What the file system or SQLite says, if they were asked.
        #[source]
        source: Option<BoxError>,
    },
    /// It is open, but could not be read or written. Nothing was changed.
    #[error("could not {operation} in the database `{place}`: {fault}")]
    Query {
        /// What was tried.
        operation: &'static str,
        /// The file, or `:memory:`.
        place: String,
        /// Why not.
        fault: Fault,
        /// What SQLite says.
        #[source]
        source: BoxError,
    },
}

impl PreferencesError {
    /// Why.
    pub fn fault(&self) -> &Fault {
        match self {
            Self::Open { fault, .. } | Self::Query { fault, .. } => fault,
        }
    }

    /// What to do about it, where there is a cure: one sentence.
    pub fn hint(&self) -> Option<String> {
        self.fault().hint().map(str::to_owned)
    }
}

/// Why a database cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// There is a directory in its place.
    Directory,
    /// A folder on the way is no folder.
    NoFolder,
    /// The file, or its folder, may not be read or written.
    PermissionDenied,
    /// It lies on a read-only file system, or the file is write-protected.
    ReadOnly,
    /// The disk, or the quota, is full.
    DiskFull,
    /// A file, but none of SQLite.
    NotADatabase,
    /// A database of another program.
    Foreign,
    /// A database that was damaged.
    Corrupted,
    /// A newer version of the app has changed the schema.
    NewerSchema {
        /// The newest step that was applied, by number.
        version: i64,
        /// The newest step that this app knows.
        known: i64,
    },
    /// A step of the schema is not the one that was applied.
    ChangedSchema {
        /// The step's number.
        version: i64,
    },
    /// Somebody else has written to it for too long.
    Locked,
    /// The file was moved or deleted meanwhile.
    Moved,
    /// It was closed before.
    Closed,
    /// Anything else; the source says what.
    Other,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "it is a directory",
            Self::NoFolder => "a part of its path is no folder",
            Self::PermissionDenied => "permission denied",
            Self::ReadOnly => "it is read-only",
            Self::DiskFull => "the disk is full",
            Self::NotADatabase => "it is no SQLite database",
            Self::Foreign => "it is the database of another program",
            Self::Corrupted => "it is damaged",
            Self::NewerSchema { version, known } => {
                return write!(
                    f,
                    "its schema is from a newer version of the app (step {version}, known up to {known})"
                );
            }
            Self::ChangedSchema { version } => {
                return write!(f, "step {version} of its schema is another than this app's");
            }
            Self::Locked => "it was locked for too long",
            Self::Moved => "its file was moved or deleted",
            Self::Closed => "it was closed before",
            Self::Other => "it cannot be used",
        })
    }
}

impl Fault {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Directory => "set `DATABASE_FILE` to a file, as in `data/app.sqlite`",
            Self::NoFolder => {
                "set `DATABASE_FILE` to a file in a folder, or remove what is in the way"
            }
            Self::PermissionDenied => {
                "let the user that runs the app read and write `DATABASE_FILE` and its folder, or set it to another file"
            }
            Self::ReadOnly => "set `DATABASE_FILE` to a file that can be written, in such a folder",
            Self::DiskFull => "free some space, or move `DATABASE_FILE` to another disk",
            Self::NotADatabase | Self::Foreign => {
                "set `DATABASE_FILE` to a file of its own; it is made where it is missing"
            }
            Self::Corrupted => {
                "restore `DATABASE_FILE` from a backup, or save what is left with `sqlite3 FILE .recover`"
            }
            Self::NewerSchema { .. } => {
                "run the newer version of the app, or restore the backup from before it"
            }
            Self::ChangedSchema { .. } => {
                "run the version of the app that made the database; a migration is never changed afterwards"
            }
            Self::Locked => {
                "end other programs that have `DATABASE_FILE` open, such as a `sqlite3` shell or a backup"
            }
            Self::Moved => "restart the app",
            Self::Closed | Self::Other => return None,
        })
    }

    /// From what SQLite, or the pool of connections, says.
    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().and_then(|code| code.parse().ok());
                code.map_or(Self::Other, Self::of_code)
            }
            sqlx::Error::Io(error) => Self::of_io(error),
            sqlx::Error::PoolTimedOut => Self::Locked,
            sqlx::Error::PoolClosed => Self::Closed,
            _ => Self::Other,
        }
    }

    /// From what the file system says.
    pub(super) fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::IsADirectory => Self::Directory,
            // `AlreadyExists`: a folder was to be made where a file is.
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => Self::NoFolder,
            io::ErrorKind::PermissionDenied => Self::PermissionDenied,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Other,
        }
    }

    /// From an extended result code (SQLite, "Result and Error Codes").
    fn of_code(code: i32) -> Self {
        const READONLY_DBMOVED: i32 = 1032;
        const CANTOPEN_ISDIR: i32 = 526;
        match code {
            READONLY_DBMOVED => return Self::Moved,
            CANTOPEN_ISDIR => return Self::Directory,
            _ => {}
        }
        // The primary code is the lowest byte.
        match code & 0xff {
            // SQLITE_PERM, SQLITE_AUTH
            3 | 23 => Self::PermissionDenied,
            // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL (a race for the write-ahead log that lasted)
            5 | 6 | 15 => Self::Locked,
            // SQLITE_READONLY
            8 => Self::ReadOnly,
            // SQLITE_CORRUPT
            11 => Self::Corrupted,
            // SQLITE_FULL
            13 => Self::DiskFull,
            // SQLITE_NOTADB
            26 => Self::NotADatabase,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_codes_have_a_fault() {
        for (code, fault) in [
            (1, Fault::Other),
            (3, Fault::PermissionDenied),
            (5, Fault::Locked),
            (261, Fault::Locked),
            (517, Fault::Locked),
            (773, Fault::Locked),
            (8, Fault::ReadOnly),
            (1032, Fault::Moved),
            (1544, Fault::ReadOnly),
            (11, Fault::Corrupted),
            (267, Fault::Corrupted),
            (13, Fault::DiskFull),
            (526, Fault::Directory),
            (26, Fault::NotADatabase),
        ] {
            assert_eq!(Fault::of_code(code), fault, "{code}");
        }
    }

    #[test]
    fn errors_of_the_file_system_have_a_fault() {
        for (kind, fault) in [
            (io::ErrorKind::IsADirectory, Fault::Directory),
            (io::ErrorKind::NotADirectory, Fault::NoFolder),
            (io::ErrorKind::PermissionDenied, Fault::PermissionDenied),
            (io::ErrorKind::ReadOnlyFilesystem, Fault::ReadOnly),
            (io::ErrorKind::StorageFull, Fault::DiskFull),
            (io::ErrorKind::InvalidInput, Fault::Other),
        ] {
            assert_eq!(Fault::of_io(&io::Error::from(kind)), fault, "{kind:?}");
        }
    }
}
