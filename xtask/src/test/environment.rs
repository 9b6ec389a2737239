//! What a run ran on: versions, system, region. Nothing of it is a secret or a path.

use std::process::Stdio;

use tokio::process::Command;
use tokio::task::JoinHandle;

use super::nextest::Nextest;
use super::target::RunTarget;
use crate::context::Context;
use crate::report::Environment;

/// What can be told without AWS.
///
/// The versions are asked of programs; they are started here, and read when the tests are done.
pub(crate) struct Asked {
    rustc: JoinHandle<Option<String>>,
    revision: JoinHandle<Option<String>>,
}

impl Asked {
    /// Asks.
    pub(crate) fn ask(cx: &Context) -> Asked {
        let ask = |program: &'static str, args: &'static [&'static str]| {
            let mut command = Command::new(program);
            command.args(args).current_dir(cx.workspace()).stdin(Stdio::null());
            tokio::spawn(first_line(command))
        };
        Asked {
            rustc: ask("rustc", &["--version"]),
            revision: ask(
                "git",
                &["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            ),
        }
    }

    /// The answers, with what else is known. What could not be told is left out.
    pub(crate) async fn answers(
        self,
        nextest: Option<&Nextest>,
        target: Option<&RunTarget>,
    ) -> Environment {
        // A program that is not there is no reason to fail a run.
        let answer = async |asked: JoinHandle<Option<String>>| asked.await.ok().flatten();
        Environment {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rustc: answer(self.rustc).await,
            nextest: nextest.map(|nextest| nextest.version().to_owned()),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            region: target.map(|target| target.aws.region.clone()),
            account: target.and_then(|target| target.aws.expected_owner()),
            revision: answer(self.revision).await,
        }
    }
}

async fn first_line(mut command: Command) -> Option<String> {
    let output = command.kill_on_drop(true).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}
