//! The only file that prints.
//!
//! stdout is data that can be piped: the result of a command, as text or as one JSON document.
//! Everything else (what is being done, echoed commands, notes, errors) goes to stderr. Colour only
//! adds to what the words say, and is left out where the terminal or `NO_COLOR` says so.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};
use comfy_table::{ContentArrangement, Row, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::error;
use crate::exit::Exit;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// The width of the word at the beginning of a line.
const WORD: usize = 12;

/// Where commands print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ui {
    json: bool,
}

impl Ui {
    /// With `json`, stdout holds one JSON document and the text goes to stderr.
    pub(crate) fn new(json: bool) -> Ui {
        Ui { json }
    }

    /// What is being done: a verb and its object, `Creating` `bucket x`.
    pub(crate) fn step(&self, verb: &str, object: impl Display) {
        self.note(format_args!("{GOOD}{verb:>WORD$}{GOOD:#} {object}"));
    }

    /// A remark that changes nothing.
    pub(crate) fn remark(&self, text: impl Display) {
        self.note(format_args!("{NOTE}{:>WORD$}{NOTE:#} {text}", "note"));
    }

    /// Something that the reader should know before the result misleads.
    pub(crate) fn warning(&self, text: impl Display) {
        self.note(format_args!("{WARN}{:>WORD$}{WARN:#} {text}", "warning"));
    }

    /// Something that could not be written, without ending the command; with its cures.
    pub(crate) fn lost(&self, what: &str, error: &anyhow::Error) {
        self.warning(format_args!("{what} is not written: {error:#}"));
        for hint in error::hints(error) {
            self.hint(hint);
        }
    }

    /// Something that failed without ending the command.
    pub(crate) fn failure(&self, text: impl Display) {
        self.note(format_args!("{BAD}{:>WORD$}{BAD:#} {text}", "failed"));
    }

    /// A cure, with a command to paste where there is one.
    pub(crate) fn hint(&self, text: impl Display) {
        self.note(format_args!("{NOTE}{:>WORD$}{NOTE:#} {text}", "hint:"));
    }

    /// One line of the result.
    pub(crate) fn line(&self, text: impl Display) {
        if self.json {
            self.note(text);
        } else {
            // Text is for people: one who closed stdout has seen enough, one whose disk is full sees
            // that. What programs read is another matter: see below.
            let _ = writeln!(anstream::stdout(), "{text}");
        }
    }

    /// A line that belongs to the finding above it, indented by so many steps more.
    pub(crate) fn below(&self, steps: usize, text: impl Display) {
        let width = WORD + 4 + 2 * steps;
        self.line(format_args!("{:width$}{text}", ""));
    }

    /// The result for machines: one JSON document on stdout. Nothing without `--json`.
    ///
    /// # Errors
    /// Where it cannot be written, but for a reader who has closed stdout and wants no more.
    pub(crate) fn json(&self, document: &impl Serialize) -> Result<()> {
        if !self.json {
            return Ok(());
        }
        let mut text = serde_json::to_vec_pretty(document)?;
        text.push(b'\n');
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(&text).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(error).context("writing to stdout")
            }
            _ => Ok(()),
        }
    }

    /// A result that is one JSON document whether `--json` is given or not.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn document(&self, document: &impl Serialize) -> Result<()> {
        Ui { json: true }.json(document)
    }

    /// A finding in the result: `word` says what, `rest` about which thing.
    pub(crate) fn finding(&self, tone: Tone, word: &str, rest: impl Display) {
        let style = tone.style();
        self.line(format_args!("{style}{word:>WORD$}{style:#} {rest}"));
    }

    /// A table without lines, as findings are shown.
    pub(crate) fn table(&self, header: impl Into<Row>) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        // Where the width is known, that is on a terminal, long cells are wrapped.
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(header);
        table
    }

    /// Prints an error with its causes and cures, and gives the exit code.
    pub(crate) fn error(&self, error: &anyhow::Error) -> Exit {
        self.note(format_args!("{BAD}error{BAD:#}: {error}"));
        for cause in error.chain().skip(1) {
            self.note(format_args!("  caused by: {cause}"));
        }
        let hints = error::hints(error);
        if !hints.is_empty() {
            self.note("");
        }
        for hint in &hints {
            self.note(format_args!("{NOTE}hint{NOTE:#}: {hint}"));
        }
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        // Where stdout takes nothing, it was said on stderr.
        let _ = self.json(&serde_json::json!({ "error": causes, "hints": hints }));
        Exit::Failure
    }

    /// Has GitHub Actions show `***` wherever a secret would be printed from now on, by us or by a child
    /// ("Workflow commands for GitHub Actions", Masking a value in a log).
    pub(crate) fn mask(&self, secret: &str) {
        // Nobody would act on it in a file, and there it would stand.
        if !is_file(std::io::stderr()) {
            let escaped = secret.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
            self.note(format_args!("::add-mask::{escaped}"));
        }
    }

    /// Asks on a terminal. `None` where there is none to ask on.
    pub(crate) fn confirm(&self, question: &str) -> Option<bool> {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return None;
        }
        let mut stderr = anstream::stderr();
        let _ = write!(stderr, "{question} [y/N] ");
        let _ = stderr.flush();
        let mut answer = String::new();
        // An answer that cannot be read is a no.
        let _ = std::io::stdin().read_line(&mut answer);
        Some(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Shows that something is going on, on a terminal only.
    pub(crate) fn progress(&self, message: &str) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // The template is ours, so that it is known to parse.
        if let Ok(style) =
            ProgressStyle::with_template("{spinner:.cyan} {msg} {human_pos} {elapsed:.dim}")
        {
            bar.set_style(style);
        }
        bar.set_message(message.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    fn note(&self, text: impl Display) {
        // Nobody is left to tell where stderr is closed.
        let _ = writeln!(anstream::stderr(), "{text}");
    }
}

#[cfg(unix)]
fn is_file(stream: impl std::os::fd::AsFd) -> bool {
    let file = stream.as_fd().try_clone_to_owned().map(std::fs::File::from);
    file.and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.is_file())
}

#[cfg(not(unix))]
fn is_file<S>(_: S) -> bool {
    false
}

/// What a finding means to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
    /// Neither.
    Plain,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Tone::Good => GOOD,
            Tone::Warn => WARN,
            Tone::Bad => BAD,
            Tone::Plain => Style::new(),
        }
    }
}
