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
