//! Where users' choices are kept.

use std::path::PathBuf;

use super::reader::Reader;

/// `DATABASE_FILE`: where users' choices are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// `:memory:`: gone with the process.
    Memory,
    /// A SQLite file, made where it is missing.
    File(PathBuf),
}

impl DatabaseLocation {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        reader.with_default("DATABASE_FILE", |text| match text {
            ":memory:" => Ok(Self::Memory),
            path => Ok(Self::File(PathBuf::from(path))),
        })
    }
}
