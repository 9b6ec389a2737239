//! The name of a run, and the folder where its files are kept.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context as _, Result, anyhow};
use contract::{RunId, Shard};

use crate::context::Context;
use crate::error::hinted;
use crate::replace::{Readers, replace};
use crate::report::{self, Document, JUNIT, SUMMARY};

/// Names a run by time and chance: `20261122-101530-3fa9c1`.
pub(crate) fn new_run_id() -> RunId {
    let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let digits: String = time.chars().filter(char::is_ascii_digit).collect();
    let (date, time) = digits.split_at(8);
    let chance = uuid::Uuid::new_v4().simple().to_string();
    let name = format!("{date}-{time}-{}", &chance[..6]);
    RunId::parse(&name).expect("digits, hex digits and `-`, 22 of them")
}

/// The error of a run by whose name `who` runs already: both would sweep up each other's objects.
pub(crate) fn is_going_on(run: &RunId, shard: Option<Shard>, who: &str) -> anyhow::Error {
    let shard = shard.map(|shard| format!(", or a part of it that overlaps with shard {shard},"));
    let shard = shard.unwrap_or_default();
    let error = anyhow!("run `{run}`{shard} is going on already, in {who}");
    hinted(
        error,
        "give each run a name of its own with `--run-id ID`, or wait for the end of that one; where it was killed, for a minute",
    )
}

/// Where the files of one run, or of one shard of it, are kept.
#[derive(Debug)]
pub(crate) struct RunFolder {
    /// The folder.
    pub(crate) path: PathBuf,
    /// Held as long as the run goes on; the system lets go of it, however the process ends.
    _lock: File,
}

impl RunFolder {
    /// Makes it, and takes out of it what an earlier run of the same name left.
    ///
    /// # Errors
    /// Where another process runs by this name in this workspace now, or files cannot be made or removed.
    pub(crate) fn create(cx: &Context, run: &RunId, shard: Option<Shard>) -> Result<RunFolder> {
        let path = report::run_folder(cx.workspace(), run.as_str(), shard);
        std::fs::create_dir_all(&path)
            .with_context(|| format!("making the folder `{}`", path.display()))?;
        let lock = path.join("lock");
        let lock =
            File::create(&lock).with_context(|| format!("making the file `{}`", lock.display()))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(is_going_on(run, shard, "another process"));
            }
            // A file system without locks is worth no failure.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let folder = RunFolder { path, _lock: lock };
        // What an earlier run left would be taken for this one's, where this one is stopped.
        for file in [folder.junit(), folder.path.join(SUMMARY)] {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("removing `{}`", file.display()));
                }
                _ => {}
            }
        }
        Ok(folder)
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
        replace(&path, &serde_json::to_vec_pretty(document)?, Readers::Usual)
    }
}
