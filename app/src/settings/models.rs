//! Which models there are, and how long they may take.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::{Reader, number};

/// Which models there are, and how long they may take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModelSettings {
    /// `MODEL_CATALOGUE`: the file that lists them; the shipped list where unset.
    pub catalogue: Option<PathBuf>,
    /// `MODEL_TIMEOUT_SECONDS`: for a whole answer with all its attempts, and for each piece of a streamed one.
    pub timeout: Duration,
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
