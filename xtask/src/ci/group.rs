//! A step's processes, which end with the step, and with us.
//!
//! A script starts cargo, which starts tests, which start servers; a signal for its shell reaches none
//! of them. So each script gets a process group, and this binary once more to watch over it: that
//! passes on our interruption, is told of our death where the system does that, and ends what the
//! script has left running.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::exit::Exit;

/// The hidden command that watches over a group.
pub(crate) const HOLD: &str = "held";

/// The command in a group of its own, with somebody to watch over it.
///
/// # Errors
/// Where this binary cannot be found.
#[cfg(unix)]
pub(super) fn held(command: Command) -> Result<Command> {
    let binary = match cfg!(target_os = "linux") {
        // Also where another build has replaced its file by now, as those of the steps do.
        true => "/proc/self/exe".into(),
        false => std::env::current_exe().context("finding this binary")?,
    };
    Ok(crate::tether::by_way_of(&binary, HOLD, command))
}

/// The command itself, where there are no groups.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub(super) fn held(command: Command) -> Result<Command> {
    Ok(command)
}

/// Runs the command in a group of its own until it ends, or we are interrupted, or `parent` ends; nothing
/// of the group is left then. Gives its exit code, and 128 and the number of the signal that killed it.
///
/// # Errors
/// Where it cannot be started.
#[cfg(unix)]
pub(crate) fn hold(parent: u32, command: &[OsString], cx: &Context) -> Result<Exit> {
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};

    let (program, args) = command.split_first().context("there is nothing to hold")?;
    cx.block_on(async {
        // Before the parent's end can be told, which is a signal too.
        let mut signals = crate::signals::Signals::listen()?;
        if !crate::tether::is_told_of_the_end_of(parent)? {
            return Ok(Exit::Interrupted);
        }
        let mut command = Command::new(program);
        command.args(args).process_group(0);
        let mut child = tokio::process::Command::from(command)
            .spawn()
            .with_context(|| format!("starting `{}`", program.display()))?;
        let group = Group::led_by(child.id().context("the child has no process id")?)?;
        let status = tokio::select! {
            status = child.wait() => Some(status.context("waiting for the step")?),
            () = signals.received() => {
                group.interrupt(&mut child).await;
                None
            }
        };
        group.end().await;
        Ok(match status {
            None => Exit::Interrupted,
            Some(status) => {
                let code = status.code().or_else(|| Some(128 + status.signal()?));
                Exit::Held(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
            }
        })
    })
}

/// Nobody asks for it elsewhere.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub(crate) fn hold(_: u32, _: &[OsString], _: &Context) -> Result<Exit> {
    anyhow::bail!("this system has no process groups")
}

/// A process group that is not ours.
#[cfg(unix)]
struct Group(rustix::process::Pid);

#[cfg(unix)]
impl Group {
    /// How long an interrupted script may take: `cargo xtask test` sweeps up meanwhile.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
    /// How long those may take that the script has left behind.
    const GRACE: std::time::Duration = std::time::Duration::from_secs(5);

    fn led_by(pid: u32) -> Result<Group> {
        let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
        pid.map(Group).context("the child's process id cannot be one")
    }

    /// Ctrl-C, as a terminal gives it to all of a group; whoever does not hear it is killed.
    async fn interrupt(&self, leader: &mut tokio::process::Child) {
        self.send(rustix::process::Signal::INT);
        if tokio::time::timeout(Group::PATIENCE, leader.wait()).await.is_err() {
            self.send(rustix::process::Signal::KILL);
            // Nobody survives that.
            let _ = leader.wait().await;
        }
    }

    /// Ends what is left of the group, whose leader has ended.
    async fn end(&self) {
        use rustix::process::{Signal, test_kill_process_group};

        self.send(Signal::TERM);
        let pause = std::time::Duration::from_millis(10);
        let started = std::time::Instant::now();
        while test_kill_process_group(self.0).is_ok() {
            if started.elapsed() > Group::GRACE {
                self.send(Signal::KILL);
                return;
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn send(&self, signal: rustix::process::Signal) {
        // Its last member may have ended in the meantime.
        let _ = rustix::process::kill_process_group(self.0, signal);
    }
}
