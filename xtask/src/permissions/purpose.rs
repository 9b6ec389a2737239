//! What permissions are for, as `--for` names it.

use std::fmt;

use clap::ValueEnum;

use super::{Command, Subject};

/// What permissions are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// `cargo xtask test --aws` with all tests that can run there
    Tests,
    /// `cargo xtask setup`
    Setup,
    /// `cargo xtask cleanup`
    Cleanup,
    /// `cargo xtask check`
    Check,
    /// The app at run time
    App,
}

impl Purpose {
    /// Whose needs it serves, beside those of tests.
    pub(crate) fn subjects(self) -> Vec<Subject> {
        match self {
            // Without those no test can be run.
            Purpose::Tests => vec![Subject::Fixtures, Subject::Command(Command::Test)],
            Purpose::Setup => vec![Subject::Command(Command::Setup)],
            Purpose::Cleanup => vec![Subject::Command(Command::Cleanup)],
            Purpose::Check => vec![Subject::Command(Command::Check)],
            Purpose::App => vec![Subject::App],
        }
    }

    /// Whether it serves tests.
    pub(crate) fn has_tests(self) -> bool {
        self == Purpose::Tests
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("none of the values is skipped");
        f.write_str(value.get_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::PolicyFor;

    #[test]
    fn every_command_that_calls_aws_serves_a_purpose_and_every_purpose_has_a_policy() {
        let purposes = Purpose::value_variants();
        let subjects: Vec<_> = purposes.iter().flat_map(|purpose| purpose.subjects()).collect();
        for command in Command::all() {
            assert!(subjects.contains(&Subject::Command(command)), "{command}");
        }
        for purpose in purposes {
            assert!(PolicyFor::value_variants().contains(&PolicyFor::One(*purpose)), "{purpose}");
        }
    }
}
