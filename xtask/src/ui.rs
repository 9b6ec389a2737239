//! The only file that prints.
//!
//! stdout is data that can be piped: the result of a command, as text or as one JSON document.
//! Everything else (what is being done, echoed commands, notes, errors) goes to stderr. Colour only
//! adds to what the words say, and is left out where the terminal or `NO_COLOR` says so.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Row, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::error;
use crate::exit::Exit;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

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
        self.note(format_args!("{GOOD}{verb:>12}{GOOD:#} {object}"));
    }

    /// A remark that changes nothing.
    pub(crate) fn remark(&self, text: impl Display) {
        self.note(format_args!("{NOTE}{:>12}{NOTE:#} {text}", "note"));
    }

    /// Something that the reader should know before the result misleads.
    pub(crate) fn warning(&self, text: impl Display) {
        self.note(format_args!("{WARN}{:>12}{WARN:#} {text}", "warning"));
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
        self.note(format_args!("{BAD}{:>12}{BAD:#} {text}", "failed"));
    }

    /// A cure, with a command to paste where there is one.
    pub(crate) fn hint(&self, text: impl Display) {
        self.note(format_args!("{NOTE}{:>12}{NOTE:#} {text}", "hint:"));
    }

    /// One line of the result.
    pub(crate) fn line(&self, text: impl Display) {
        if self.json {
            self.note(text);
        } else {
            // Nobody is left to tell where stdout is closed.
            let _ = writeln!(anstream::stdout(), "{text}");
        }
    }

    /// The result for machines: one JSON document on stdout. Nothing without `--json`.
    pub(crate) fn json(&self, document: &impl Serialize) {
        if !self.json {
            return;
        }
        let mut stdout = std::io::stdout().lock();
        // Our own documents have string keys and finite numbers: only a closed stdout can fail.
        let _ = serde_json::to_writer_pretty(&mut stdout, document);
        let _ = writeln!(stdout);
    }

    /// A result that is one JSON document whether `--json` is given or not.
    pub(crate) fn document(&self, document: &impl Serialize) {
        Ui { json: true }.json(document);
    }

    /// A finding in the result: `word` says what, `rest` about which thing.
    pub(crate) fn finding(&self, tone: Tone, word: &str, rest: impl Display) {
        let style = tone.style();
        self.line(format_args!("{style}{word:>12}{style:#} {rest}"));
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
        self.json(&serde_json::json!({ "error": causes, "hints": hints }));
        Exit::Failure
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
