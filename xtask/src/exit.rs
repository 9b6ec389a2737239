//! The exit codes of every command, in one table.
//!
//! Those of nextest are passed on as they are (100: a test failed, 101: the build failed, 4: the
//! filter matched nothing, ...; `nextest_metadata::NextestExitCode` lists them), so ours keep clear
//! of them.

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
    /// Ctrl-C or a termination signal.
    Interrupted,
}

impl Exit {
    /// The code that the process ends with.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            // 2 is clap's, for flags that it does not know.
            Exit::Nextest(code) => code,
            Exit::Leaked => 20,
            Exit::SkippedStrictly => 21,
            Exit::SweepFailed => 22,
            Exit::Incomplete => 23,
            Exit::PermissionsDiffer => 24,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
