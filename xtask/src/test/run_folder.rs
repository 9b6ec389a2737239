//! The name of a run, and the folder where its files are kept.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use contract::RunId;

use crate::context::Context;
use crate::report::{Document, JUNIT, RUNS, SUMMARY};

/// Names a run by time and chance: `20261122-101530-3fa9c1`.
pub(crate) fn new_run_id() -> RunId {
    let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let digits: String = time.chars().filter(char::is_ascii_digit).collect();
    let (date, time) = digits.split_at(8);
    let chance = uuid::Uuid::new_v4().simple().to_string();
    let name = format!("{date}-{time}-{}", &chance[..6]);
    RunId::parse(&name).expect("digits, hex digits and `-`, 22 of them")
}

/// Where the files of one run are kept.
pub(crate) struct RunFolder {
    pub(crate) path: PathBuf,
}

impl RunFolder {
    /// Makes it, and takes an earlier run's JUnit file out of it.
    ///
    /// # Errors
    /// Where it cannot be made, or the file not be removed.
    pub(crate) fn create(cx: &Context, run: &RunId) -> Result<RunFolder> {
        let path = cx.workspace().join(RUNS).join(run.as_str());
        std::fs::create_dir_all(&path)
            .with_context(|| format!("making the folder `{}`", path.display()))?;
        let folder = RunFolder { path };
        // A run id may be used again; what an earlier run left would be taken for this one's.
        match std::fs::remove_file(folder.junit()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("removing `{}`", folder.junit().display()))
            }
            _ => Ok(folder),
        }
    }

    /// The run's JUnit file.
    pub(crate) fn junit(&self) -> PathBuf {
        self.path.join(JUNIT)
    }

    /// Writes the run as data.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn keep(&self, document: &Document) -> Result<()> {
        let path = self.path.join(SUMMARY);
        std::fs::write(&path, serde_json::to_vec_pretty(document)?)
            .with_context(|| format!("writing `{}`", path.display()))
    }
}
