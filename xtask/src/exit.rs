//! The exit codes of every command, in one table.
//!
//! Those of nextest are passed on as they are (100: a test failed, 101: the build failed, 4: the
//! filter matched nothing, ...; `nextest_metadata::NextestExitCode` lists them), so ours keep clear
//! of them.

use nextest_metadata::NextestExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All that was asked for was done.
    Success,
    /// It could not be done; the error was printed.
    Failure,
    /// nextest ended with this code.
    Nextest(u8),
    /// Every test passed, but one left objects behind.
    Leaked,
    /// Every test that ran passed, but `--strict` allows no skips.
    SkippedStrictly,
    /// Every test passed, but the run's prefixes could not be emptied.
    SweepFailed,
    /// Clean-up ended with something left that it should have removed.
    Incomplete,
    /// Every test passed, but what they need is not what the lock says.
    PermissionsDiffer,
    /// No test failed, but `--strict` wants to know of each budget whether it is kept.
    InconclusiveStrictly,
    /// A step of a workflow failed.
    StepFailed,
    /// What a step runs ended with this code.
    Held(u8),
    /// Ctrl-C or a termination signal.
    Interrupted,
}

impl Exit {
    /// The code that the process ends with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            // 2 is clap's, for flags that it does not know.
            Exit::Nextest(code) | Exit::Held(code) => code,
            Exit::Leaked => 20,
            Exit::SkippedStrictly => 21,
            Exit::SweepFailed => 22,
            Exit::Incomplete => 23,
            Exit::PermissionsDiffer => 24,
            Exit::InconclusiveStrictly => 25,
            Exit::StepFailed => 30,
            Exit::Interrupted => 130,
        }
    }

    /// What the code means, in a few words.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Exit::Success => "passed",
            Exit::Failure => "not everything that was planned ran",
            Exit::Nextest(code) => match i32::from(code) {
                NextestExitCode::TEST_RUN_FAILED => "a test failed",
                NextestExitCode::BUILD_FAILED => "the build failed",
                NextestExitCode::NO_TESTS_RUN => "no test matches",
                _ => "nextest failed",
            },
            Exit::Leaked => "a test left something behind",
            Exit::SkippedStrictly => "tests were skipped",
            Exit::SweepFailed => "the run's prefixes could not be emptied",
            Exit::Incomplete => "something is left",
            Exit::PermissionsDiffer => "the tests need other permissions than the lock says",
            Exit::InconclusiveStrictly => "a budget could not be judged",
            Exit::StepFailed | Exit::Held(_) => "a step failed",
            Exit::Interrupted => "interrupted",
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    /// Ours, and which command's they are, where it is one.
    fn ours() -> Vec<(Exit, Option<&'static str>)> {
        // One that is new stands here as well, or this does not compile.
        let _ = |exit: Exit| match exit {
            Exit::Success | Exit::Failure | Exit::Nextest(_) | Exit::Leaked => {}
            Exit::SkippedStrictly | Exit::SweepFailed | Exit::Incomplete => {}
            Exit::PermissionsDiffer | Exit::InconclusiveStrictly | Exit::Interrupted => {}
            // The second is whatever the step has.
            Exit::StepFailed | Exit::Held(_) => {}
        };
        vec![
            (Exit::Success, None),
            (Exit::Failure, None),
            (Exit::Leaked, Some("test")),
            (Exit::SkippedStrictly, Some("test")),
            (Exit::SweepFailed, Some("test")),
            (Exit::Incomplete, Some("cleanup")),
            (Exit::PermissionsDiffer, Some("test")),
            (Exit::InconclusiveStrictly, Some("test")),
            (Exit::StepFailed, Some("ci")),
            (Exit::Interrupted, Some("ci")),
            (Exit::Interrupted, Some("coverage")),
            (Exit::Interrupted, Some("test")),
            (Exit::Interrupted, Some("cleanup")),
        ]
    }

    /// The codes of the README's table: a row for each, or for several of nextest's.
    fn documented() -> Vec<u8> {
        let rows = include_str!("../../README.md").lines().filter_map(|line| {
            let cell = line.strip_prefix('|')?.split('|').next()?.replace('`', "");
            let codes = cell.split(',').map(str::trim).filter(|code| *code != "...");
            codes.map(|code| code.parse().ok()).collect::<Option<Vec<u8>>>()
        });
        rows.flatten().collect()
    }

    #[test]
    fn the_readme_names_each_code_once_and_no_other() {
        let mut known: Vec<u8> = ours().into_iter().map(|(exit, _)| exit.code()).collect();
        // clap's, and those of nextest that a run meets.
        known.push(2);
        known.extend(
            [NextestExitCode::NO_TESTS_RUN, NextestExitCode::TEST_RUN_FAILED].map(|c| c as u8),
        );
        known.push(NextestExitCode::BUILD_FAILED as u8);
        known.sort_unstable();
        known.dedup();
        let mut documented = documented();
        documented.sort_unstable();
        assert_eq!(documented, known);
    }

    #[test]
    fn the_help_of_a_command_names_its_codes() {
        let mut cli = Cli::command();
        for (exit, command) in ours() {
            let Some(command) = command else { continue };
            let command = cli.find_subcommand_mut(command).unwrap();
            let help = command.render_long_help().to_string();
            let (_, codes) = help.split_once("Exit codes:").unwrap();
            let (codes, _) = codes.split_once("\n\n").unwrap();
            let named = codes.split(|c: char| !c.is_ascii_digit());
            let count = named.filter(|code| *code == exit.code().to_string()).count();
            assert_eq!(count, 1, "{exit:?} in the help of {}", command.get_name());
        }
    }
}
