//! The log: to stderr, for people or as one JSON object a line.

use std::io;

use tracing_subscriber::filter::ParseError;
use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::LogFormat;

/// What is logged where `RUST_LOG` does not say otherwise.
///
/// The SDK names access keys at `info`, and whole requests at `trace`: leave it at `warn` in `RUST_LOG` too. Its chain of
/// credentials warns of each place where there are none.
const DEFAULT: &str = "warn,app=info,aws_config=error";

/// Starts to log, filtered by `RUST_LOG`.
///
/// # Errors
/// Where `RUST_LOG` is malformed. A second call changes nothing.
pub fn start(format: LogFormat) -> Result<(), LogFilterError> {
    let filter = filter()?;
    let builder = fmt().with_env_filter(filter).with_writer(io::stderr);
    // An error is that of a log that has been started before.
    let _ = match format {
        LogFormat::Text => {
            let terminal = io::IsTerminal::is_terminal(&io::stderr());
            builder.with_ansi(terminal && !no_color()).try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// `RUST_LOG` is malformed.
#[derive(Debug, thiserror::Error)]
#[error("`RUST_LOG` is no filter of the log: {0}")]
pub struct LogFilterError(ParseError);

impl LogFilterError {
    /// A value that would do.
    pub fn hint(&self) -> String {
        format!("export RUST_LOG={DEFAULT}")
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what every program reads alike is no setting of ours"
)]
fn filter() -> Result<EnvFilter, LogFilterError> {
    let directives = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let directives = if directives.is_empty() { DEFAULT } else { &directives };
    EnvFilter::builder().parse(directives).map_err(LogFilterError)
}

/// <https://no-color.org>: set, and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "what every program reads alike is no setting of ours"
)]
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
