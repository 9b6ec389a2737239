//! `cargo xtask report`: what is kept of a run, and the page that shows it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

mod document;
mod ending;
mod files;
mod html;
mod markdown;
pub(crate) mod measured;
mod plots;
mod requirements;
#[cfg(test)]
mod tests;
mod text;
mod verdict;

pub(crate) use document::{
    Counts, Document, Environment, Leak, Measured, Permission, SkipReason, Skipped, Status, Sweep,
    Test, Timing, VERSION,
};
use files::RunFiles;
pub(crate) use files::{JUNIT, SUMMARY, run_folder};
use requirements::Requirements;
pub(crate) use verdict::next;

use crate::cli;
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;

pub(crate) fn run(args: &cli::Report, cx: &Context) -> Result<Exit> {
    let files = RunFiles::find(cx.workspace(), args.run.as_ref(), args.shard)?;
    let document = files.read()?;
    let page = write(cx, &document)?;
    cx.ui.line(page.display());
    // Where that fails, the error is the document.
    if args.open {
        open(&page)?;
    }
    cx.ui.json(&document)?;
    Ok(Exit::Success)
}

/// Writes the page of a run to `target/xtask/report/index.html`, where the last one was, with
/// `summary.json` and the run's `junit.xml` beside it, and gives its path.
///
/// # Errors
/// Where `tests/requirements.toml` is broken, or something cannot be written.
pub(crate) fn write(cx: &Context, document: &Document) -> Result<PathBuf> {
    let requirements = Requirements::read(cx.workspace())?;
    let page = html::page(&text::visible_document(document)?, &requirements);
    files::write_report(cx.workspace(), document, &page)
}

/// Appends the run in Markdown to the file that `GITHUB_STEP_SUMMARY` names; does nothing where it
/// names none.
///
/// # Errors
/// Where the file cannot be written.
pub(crate) fn append_markdown(cx: &Context, document: &Document) -> Result<()> {
    match cx.config.get("GITHUB_STEP_SUMMARY") {
        Some(path) => files::append(Path::new(path), &markdown::summary(document)),
        None => Ok(()),
    }
}

/// Shows a page in the browser.
///
/// # Errors
/// Where there is none.
pub(crate) fn open(page: &Path) -> Result<()> {
    open::that_detached(page)
        .context("opening the report in a browser")
        .hint(format_args!("open `{}` by hand", page.display()))
}
