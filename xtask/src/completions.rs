//! `cargo xtask completions`: a script that lets a shell complete what stands behind `cargo xtask`.
//!
//! clap makes scripts for a command of one word. What is typed is two, and the first belongs to cargo's
//! own completion. So the script is for `cargo-xtask`, as cargo names the programs of its subcommands,
//! and a few lines of ours lead there. zsh needs none: cargo's `_cargo` calls `_cargo-NAME` for each NAME
//! that it does not know.

use anyhow::{Context as _, Result};
use clap::builder::EnumValueParser;
use clap::{Arg, ValueHint};
use clap_complete::aot;
use serde::Serialize;

use crate::cli::{self, Shell, Suite};
use crate::exit::Exit;
use crate::ui::Ui;

pub(crate) fn run(args: &cli::Completions, cli: &clap::Command, ui: Ui) -> Result<Exit> {
    let script = script(args.shell, cli)?;
    ui.line(script.trim_end());
    ui.json(&Document { script: &script })?;
    Ok(Exit::Success)
}

#[derive(Serialize)]
struct Document<'a> {
    script: &'a str,
}

fn script(shell: Shell, cli: &clap::Command) -> Result<String> {
    let (generator, name, ours) = match shell {
        // clap's script for bash finds no subcommand of a name with a hyphen (clap_complete 4.6).
        Shell::Bash => (aot::Shell::Bash, "cargo_xtask", include_str!("completions/cargo.bash")),
        Shell::Zsh => (aot::Shell::Zsh, "cargo-xtask", ""),
        Shell::Fish => (aot::Shell::Fish, "cargo-xtask", include_str!("completions/cargo.fish")),
    };
    let mut cli = completed(cli, name);
    let mut script = Vec::new();
    aot::generate(generator, &mut cli, name, &mut script);
    let mut script = String::from_utf8(script).context("the script is not UTF-8")?;
    if shell == Shell::Fish {
        script.push_str(&arguments_for_fish(&cli));
    }
    script.push_str(ours);
    Ok(script)
}

/// clap's script for fish has the values of flags only (clap_complete 4.6).
fn arguments_for_fish(cli: &clap::Command) -> String {
    let mut lines = String::new();
    for command in cli.get_subcommands() {
        let values = command.get_positionals().flat_map(Arg::get_possible_values);
        let values: Vec<_> = values.map(|value| value.get_name().to_owned()).collect();
        if !values.is_empty() {
            lines.push_str(&format!(
                "complete -c cargo-xtask -n '__fish_cargo_xtask_using_subcommand {}' -f -a '{}'\n",
                command.get_name(),
                values.join(" ")
            ));
        }
    }
    lines
}

/// The commands as they are to be completed: none that is hidden, and values as far as they are known.
fn completed(cli: &clap::Command, name: &'static str) -> clap::Command {
    let visible = cli.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let visible = visible.map(|command| command.mut_args(with_known_values));
    clap::Command::new(name).args(cli.get_arguments().cloned()).subcommands(visible)
}

fn with_known_values(arg: Arg) -> Arg {
    // A run takes any suite that has tests, and any part of their names, which begin with the suite's.
    if matches!(arg.get_id().as_str(), "suite" | "filter") {
        return arg.value_parser(EnumValueParser::<Suite>::new());
    }
    match arg.get_value_hint() {
        // A flag's value of which nothing is known is no file. (Of an argument without a flag zsh would
        // then show the description, and complete no flag in its place before a second Tab.)
        ValueHint::Unknown if !arg.is_positional() && arg.get_possible_values().is_empty() => {
            arg.value_hint(ValueHint::Other)
        }
        _ => arg,
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, ValueEnum as _};

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn a_script_has_each_visible_command_and_no_other() {
        let cli = Cli::command();
        for shell in Shell::value_variants() {
            let script = script(*shell, &cli).unwrap();
            for command in cli.get_subcommands() {
                let is_there = script.contains(command.get_name());
                assert_eq!(is_there, !command.is_hide_set(), "{} in {shell:?}", command.get_name());
            }
            for known in ["s3_integration", "include-live", "check"] {
                assert!(script.contains(known), "{known} in {shell:?}");
            }
        }
    }

    /// Positional arguments have their places by their order.
    #[test]
    fn what_is_completed_is_in_the_order_of_the_commands() {
        let cli = Cli::command();
        let completed = completed(&cli, "cargo-xtask");
        let visible = cli.get_subcommands().filter(|command| !command.is_hide_set());
        for (ours, theirs) in completed.get_subcommands().zip(visible) {
            assert_eq!(ours.get_name(), theirs.get_name());
            assert!(
                ours.get_arguments().map(Arg::get_id).eq(theirs.get_arguments().map(Arg::get_id))
            );
        }
    }
}
