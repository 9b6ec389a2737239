//! `cargo xtask` alone: what there is, in groups. `--help` shows the same groups, with the options.
//!
//! What a command does is said once, where `cli.rs` declares it: the table here has only names.

use std::fmt::Write as _;

use anyhow::Result;
use clap::builder::{StyledStr, Styles};
use serde::Serialize;

use crate::exit::Exit;
use crate::ui::Ui;

/// Commands that are shown together.
struct Group {
    heading: &'static str,
    commands: &'static [&'static str],
}

/// Invariant: each command that is not hidden stands in one of them, once; a test below holds it.
const GROUPS: &[Group] = &[
    Group { heading: "The three moments of use", commands: &["setup", "test", "cleanup"] },
    Group { heading: "Before a run on AWS", commands: &["check", "policy"] },
    Group { heading: "Beside the tests", commands: &["sandbox", "report", "coverage"] },
    Group { heading: "For the workspace", commands: &["ci", "new-test", "completions"] },
];

/// A command line, and what it is good for.
const EXAMPLES: &[(&str, &str)] = &[
    ("cargo xtask test", "all suites, on the embedded AWS"),
    ("cargo xtask test --aws presigned", "these tests by their name, on AWS"),
];

const READ_ON: &str = "\
`cargo xtask COMMAND --help` says all about a command, its variables and exit
codes; README.md says the rest.";

/// Prints the overview.
pub(crate) fn run(mut cli: clap::Command, ui: Ui) -> Result<Exit> {
    let groups = GROUPS.iter().map(|group| GroupRow::new(group, &cli)).collect();
    let template = template(&cli, "");
    cli = cli.help_template(template);
    ui.line(cli.render_help().ansi().to_string().trim_end());
    ui.json(&Document { groups })?;
    Ok(Exit::Success)
}

/// The template of `cargo xtask --help`.
pub(crate) fn help_template(cli: clap::Command) -> StyledStr {
    let header = *cli.get_styles().get_header();
    template(&cli, &format!("{header}Options:{header:#}\n{{options}}\n\n"))
}

/// clap knows one list of commands with one heading, but takes a text of our own in its place.
fn template(cli: &clap::Command, options: &str) -> StyledStr {
    let styles = cli.get_styles();
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n\n".to_owned();
    for group in GROUPS {
        let rows = group.commands.iter().map(|name| (*name, about(cli, name)));
        section(&mut text, styles, group.heading, rows);
    }
    text.push_str(options);
    let examples = EXAMPLES.iter().map(|(line, what)| (*line, (*what).to_owned()));
    section(&mut text, styles, "Examples", examples);
    text.push_str(READ_ON);
    text.into()
}

/// A heading, and rows in two columns.
fn section<'a>(
    text: &mut String,
    styles: &Styles,
    heading: &str,
    rows: impl Iterator<Item = (&'a str, String)> + Clone,
) {
    let (header, literal) = (styles.get_header(), styles.get_literal());
    // All groups have their second column in the same place.
    let names = GROUPS.iter().flat_map(|group| group.commands).map(|name| name.len());
    let width = rows.clone().map(|(left, _)| left.len()).chain(names).max().unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{header}{heading}:{header:#}");
    for (left, right) in rows {
        let _ = writeln!(text, "  {literal}{left:<width$}{literal:#}  {right}");
    }
    text.push('\n');
}

/// What a command does, in the one line that clap has for it.
fn about(cli: &clap::Command, name: &str) -> String {
    let command = cli.find_subcommand(name);
    command.and_then(clap::Command::get_about).map(ToString::to_string).unwrap_or_default()
}

/// The overview as data.
#[derive(Debug, Serialize)]
struct Document {
    groups: Vec<GroupRow>,
}

#[derive(Debug, Serialize)]
struct GroupRow {
    heading: &'static str,
    commands: Vec<CommandRow>,
}

#[derive(Debug, Serialize)]
struct CommandRow {
    name: &'static str,
    about: String,
}

impl GroupRow {
    fn new(group: &Group, cli: &clap::Command) -> GroupRow {
        let row = |name: &&'static str| CommandRow { name, about: about(cli, name) };
        GroupRow { heading: group.heading, commands: group.commands.iter().map(row).collect() }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn each_visible_command_stands_in_one_group() {
        let cli = Cli::command();
        let visible = cli.get_subcommands().filter(|command| !command.is_hide_set());
        let mut visible: Vec<_> = visible.map(clap::Command::get_name).collect();
        let mut shown: Vec<_> = GROUPS.iter().flat_map(|group| group.commands).copied().collect();
        visible.sort_unstable();
        shown.sort_unstable();
        assert_eq!(shown, visible, "the groups above, and the commands of `cli.rs`");
    }

    #[test]
    fn it_fits_eighty_columns() {
        let cli = Cli::command();
        for text in [template(&cli, ""), help_template(cli)] {
            for line in text.to_string().lines() {
                assert!(line.chars().count() <= 80, "shorten the first line of: {line}");
            }
        }
    }

    #[test]
    fn its_examples_are_taken() {
        for (line, _) in EXAMPLES {
            let args = line.strip_prefix("cargo ").unwrap().split(' ');
            Cli::command().try_get_matches_from(args).unwrap();
        }
    }
}
