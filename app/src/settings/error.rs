//! Everything that is wrong with the settings, at once and by name.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::variables::Variable;

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Some variables are missing or malformed.
    #[error("{}", list(problems))]
    Invalid {
        /// All of them, in the order of `.env.example`.
        problems: Vec<SettingProblem>,
    },
    /// The `.env` file is there, but cannot be read.
    #[error("could not read `{}`", path.display())]
    EnvFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The `.env` file has lines that are no assignments. Their text is not shown, since a secret may stand there.
    #[error(
        "`{}` is not a list of `NAME=value`: see line {}\n\nhint: quote values that have spaces, `#` or `$`: NAME='value'",
        path.display(),
        line_list(lines)
    )]
    EnvFileSyntax {
        /// The file.
        path: PathBuf,
        /// Numbers of the lines, from 1.
        lines: Vec<usize>,
    },
}

/// One variable that is missing or malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingProblem {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong; never the value of a secret.
    pub problem: String,
    /// The form that its value should have.
    pub expected: &'static str,
    /// A line for `app/.env` to start from.
    pub cure: String,
}

impl SettingProblem {
    pub(super) fn of(variable: &Variable, problem: String) -> Self {
        Self {
            variable: variable.name,
            problem,
            expected: variable.expected,
            cure: format!("{}={}", variable.name, variable.example),
        }
    }
}

impl fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}`: {}\n    expected {}, such as `{}`",
            self.variable, self.problem, self.expected, self.cure
        )
    }
}

fn list(problems: &[SettingProblem]) -> String {
    let variables = match problems.len() {
        1 => "1 variable is",
        _ => &format!("{} variables are", problems.len()),
    };
    let lines: Vec<_> = problems.iter().map(|p| format!("  {p}")).collect();
    format!(
        "{variables} missing or malformed:\n{}\n\nhint: set them in the environment or in `app/.env`; `app/.env.example` explains each",
        lines.join("\n")
    )
}

fn line_list(lines: &[usize]) -> String {
    let lines: Vec<_> = lines.iter().map(usize::to_string).collect();
    lines.join(", ")
}
