//! Where runs and reports are kept: `target/xtask/runs/ID` for each run, `target/xtask/runs/ID.1-of-4` for
//! a shard of one, `target/xtask/report` for the last page.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result, anyhow};
use contract::{RunId, Shard};
use serde::Deserialize;

use super::document::{self, Document};
use crate::error::Hint as _;
use crate::replace::{Readers, replace};

/// The folder of all runs, in the workspace.
const RUNS: &str = "target/xtask/runs";
/// In a run's folder: the run as data.
pub(crate) const SUMMARY: &str = "summary.json";
/// In a run's folder: nextest's file, with what nextest does not know.
pub(crate) const JUNIT: &str = "junit.xml";
const REPORT: &str = "target/xtask/report";

/// The folder of one run, or of one shard of it. No run id has a `.`, so that neither is taken for the
/// other.
pub(crate) fn run_folder(workspace: &Path, run: &str, shard: Option<Shard>) -> PathBuf {
    let shard = shard.map(|shard| format!(".{}", shard.name())).unwrap_or_default();
    workspace.join(RUNS).join(format!("{run}{shard}"))
}

/// What a run has left on disk.
#[derive(Debug)]
pub(super) struct RunFiles {
    summary: PathBuf,
}

impl RunFiles {
    /// Those of the named run, or of the one that ended last.
    ///
    /// # Errors
    /// Where there are none.
    pub(super) fn find(
        workspace: &Path,
        run: Option<&RunId>,
        shard: Option<Shard>,
    ) -> Result<RunFiles> {
        let runs = workspace.join(RUNS);
        let Some(run) = run else {
            let last = ended_runs(&runs)?.into_iter().max().map(|(_, summary)| summary);
            return match last {
                Some(summary) => Ok(RunFiles { summary }),
                None => Err(anyhow!("no run has ended yet: `{}` has no {SUMMARY}", runs.display()))
                    .hint("cargo xtask test"),
            };
        };
        let summary = run_folder(workspace, run.as_str(), shard).join(SUMMARY);
        if summary.is_file() {
            return Ok(RunFiles { summary });
        }
        let mut ended = ended_runs(&runs)?;
        ended.sort();
        let shards: Vec<_> =
            ended.iter().filter_map(|(_, path)| shard_of(run, name_of(path)?)).collect();
        if !shards.is_empty() {
            let listed: Vec<_> = shards.iter().map(|shard| format!("`{shard}`")).collect();
            return Err(anyhow!("of run `{run}` there are the shards {}", listed.join(", ")))
                .hint(format_args!("cargo xtask report --run {run} --shard {}", shards[0]));
        }
        let newest = ended.iter().rev().take(5);
        let known: Vec<_> = newest.filter_map(|(_, path)| name_of(path)).collect();
        let error = anyhow!("there is no run `{run}`: no file `{}`", summary.display());
        match known.is_empty() {
            true => Err(error).hint("cargo xtask test"),
            false => Err(error).hint(format_args!("the last runs are `{}`", known.join("`, `"))),
        }
    }

    /// The run as a document.
    ///
    /// # Errors
    /// Where the file cannot be read, or another version wrote it.
    pub(super) fn read(&self) -> Result<Document> {
        let shown = self.summary.display();
        let text = fs::read(&self.summary).with_context(|| format!("reading `{shown}`"))?;
        parse(&text).with_context(|| format!("reading `{shown}` as a run"))
    }
}

fn parse(text: &[u8]) -> Result<Document> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let Versioned { version } = serde_json::from_slice(text).hint("cargo xtask test")?;
    if version != document::VERSION {
        let known = document::VERSION;
        let other = if version > known { "a newer" } else { "an older" };
        return Err(anyhow!(
            "it is of version {version}, written by {other} `cargo xtask`; this one reads version {known}"
        ))
        .hint("cargo xtask test");
    }
    serde_json::from_slice(text).hint("cargo xtask test")
}

/// The summaries of all runs that have ended, with when.
fn ended_runs(runs: &Path) -> Result<Vec<(SystemTime, PathBuf)>> {
    let reading = || format!("reading the folder `{}`", runs.display());
    let entries = match fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(reading),
    };
    let mut ended = Vec::new();
    for entry in entries {
        let summary = entry.with_context(reading)?.path().join(SUMMARY);
        // A run that is going on, or was stopped early, has none.
        if let Ok(metadata) = fs::metadata(&summary) {
            ended.push((metadata.modified().with_context(reading)?, summary));
        }
    }
    Ok(ended)
}

/// The name of a run's folder.
fn name_of(summary: &Path) -> Option<&str> {
    summary.parent()?.file_name()?.to_str()
}

/// The shard of `run` whose folder has this name.
fn shard_of(run: &RunId, folder: &str) -> Option<Shard> {
    let shard = folder.strip_prefix(run.as_str())?.strip_prefix('.')?;
    Shard::parse(&shard.replacen("-of-", "/", 1)).ok()
}

/// Writes page, document and JUnit file, and gives the path of the page.
///
/// # Errors
/// Where one of them cannot be written.
pub(super) fn write_report(workspace: &Path, document: &Document, page: &str) -> Result<PathBuf> {
    let report = workspace.join(REPORT);
    fs::create_dir_all(&report)
        .with_context(|| format!("making the folder `{}`", report.display()))?;
    // Shards may end at once: what lies there in the end is all one's or all another's.
    let lock = fs::File::create(report.join(".lock"))
        .with_context(|| format!("making a lock in `{}`", report.display()))?;
    // A file system without locks is worth no failure.
    let _ = lock.lock();
    let junit = run_folder(workspace, &document.run, document.shard).join(JUNIT);
    let beside = report.join(JUNIT);
    match fs::read(&junit) {
        Ok(bytes) => replace(&beside, &bytes, Readers::Usual)?,
        // What another run has left there would be taken for this one's.
        Err(error) if error.kind() == ErrorKind::NotFound => match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing `{}`", beside.display()));
            }
            _ => {}
        },
        Err(error) => {
            return Err(error).with_context(|| format!("reading `{}`", junit.display()));
        }
    }
    replace(&report.join(SUMMARY), &serde_json::to_vec_pretty(document)?, Readers::Usual)?;
    let path = report.join("index.html");
    replace(&path, page.as_bytes(), Readers::Usual)?;
    Ok(path)
}

/// Appends to a file, which is made where it is missing.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn append(path: &Path, text: &str) -> Result<()> {
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("appending to `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn who_reads_the_report_while_another_run_ends_reads_all_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let document: Document = serde_json::from_str(include_str!("sample.json")).unwrap();
        let kept = run_folder(folder.path(), &document.run, document.shard);
        fs::create_dir_all(&kept).unwrap();
        fs::write(kept.join(JUNIT), "<one/>").unwrap();
        let page = write_report(folder.path(), &document, "the first page").unwrap();
        let files = [page.clone(), page.with_file_name(SUMMARY), page.with_file_name(JUNIT)];
        let old = files.each_ref().map(|path| fs::read_to_string(path).unwrap());
        let open = files.each_ref().map(|path| fs::File::open(path).unwrap());

        let next = Document { exit_code: 0, ..document };
        fs::write(kept.join(JUNIT), "<another/>").unwrap();
        write_report(folder.path(), &next, "another page").unwrap();
        for ((path, old), mut open) in files.iter().zip(old).zip(open) {
            let mut read = String::new();
            open.read_to_string(&mut read).unwrap();
            assert_eq!(read, old, "{}", path.display());
            assert_ne!(fs::read_to_string(path).unwrap(), old, "{}", path.display());
        }
    }
}
