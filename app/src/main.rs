//! Serves the app: settings from the environment and `app/.env`, the log on stderr.

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
    match std::env::args().nth(1).as_deref() {
        None => serve(),
        Some("-h" | "--help") => {
            let _ = writeln!(std::io::stdout(), "{USAGE}");
            ExitCode::SUCCESS
        }
        Some(argument) => fail(&format!("argument `{argument}` is not known\n\n{USAGE}")),
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
