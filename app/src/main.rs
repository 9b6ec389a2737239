//! Serves the app: settings from the environment and `app/.env`, the log on stderr.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// How long the runtime waits for what still runs in the background.
const LAST_TASKS: Duration = Duration::from_secs(1);

const USAGE: &str = "\
Usage: app

Serves the app until SIGINT or SIGTERM. It takes no arguments: settings come from the environment
and from `app/.env`; `app/.env.example` explains each.";

fn main() -> ExitCode {
    match wanted(std::env::args_os().skip(1)) {
        Wanted::Serve => serve(),
        Wanted::Help => {
            let _ = writeln!(std::io::stdout(), "{USAGE}");
            ExitCode::SUCCESS
        }
        Wanted::Unknown(argument) => {
            fail(&format!("argument `{}` is not known\n\n{USAGE}", argument.display()))
        }
    }
}

/// What the arguments ask for.
#[derive(Debug, PartialEq)]
enum Wanted {
    Serve,
    Help,
    /// An argument that there is not.
    Unknown(OsString),
}

/// Reads the arguments behind the program's name.
fn wanted(mut arguments: impl Iterator<Item = OsString>) -> Wanted {
    match arguments.next() {
        None => Wanted::Serve,
        Some(argument) if argument == "-h" || argument == "--help" => Wanted::Help,
        Some(argument) => Wanted::Unknown(argument),
    }
}

fn serve() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("could not start the runtime: {error}")),
    };
    let result = runtime.block_on(app::program::run());
    runtime.shutdown_timeout(LAST_TASKS);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.report()),
    }
}

fn fail(report: &str) -> ExitCode {
    // Where stderr is closed, the exit code says enough.
    let _ = writeln!(std::io::stderr(), "error: {report}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_ask_for_help_or_are_refused() {
        let wanted = |arguments: &[&str]| wanted(arguments.iter().map(OsString::from));
        assert_eq!(wanted(&[]), Wanted::Serve);
        assert_eq!(wanted(&["-h"]), Wanted::Help);
        assert_eq!(wanted(&["--help", "more"]), Wanted::Help);
        assert_eq!(wanted(&["serve"]), Wanted::Unknown("serve".into()));
        assert_eq!(wanted(&[""]), Wanted::Unknown("".into()));
    }

    #[cfg(unix)]
    #[test]
    fn an_argument_that_is_not_utf_8_is_refused_like_any_other() {
        use std::os::unix::ffi::OsStringExt as _;
        let argument = OsString::from_vec(b"caf\xe9".to_vec());
        assert_eq!(wanted([argument.clone()].into_iter()), Wanted::Unknown(argument));
    }
}
