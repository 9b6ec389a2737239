//! A child that ends when we end, however that happens.
//!
//! A run that is killed cannot tell nextest to stop, and tests that went on would write behind the
//! clean-up's back. Linux tells a child of its parent's death where the child has asked for it; to ask
//! in the child's own name takes a step between us and it, which is this binary once more.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::exit::Exit;

/// The hidden command that stands in between.
pub(crate) const STEP: &str = "tethered";

/// The command, tethered to this process where the system can do that.
pub(crate) fn tethered(command: Command) -> Command {
    if !cfg!(target_os = "linux") {
        return command;
    }
    // The running binary, also where another build has replaced its file by now.
    let mut step = Command::new("/proc/self/exe");
    step.args([STEP, &std::process::id().to_string(), "--"]);
    step.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        step.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => step.env(name, value),
            None => step.env_remove(name),
        };
    }
    step
}

/// Becomes `command`, to be terminated when `parent` ends.
///
/// # Errors
/// Where the command cannot be started.
#[cfg(target_os = "linux")]
pub(crate) fn become_tethered(parent: u32, command: &[OsString]) -> Result<Exit> {
    use std::os::unix::process::CommandExt as _;

    let signal = rustix::process::Signal::TERM;
    rustix::process::set_parent_process_death_signal(Some(signal))
        .context("asking to be told of the parent's end")?;
    // It may have ended before we asked.
    let is_parent =
        |pid: rustix::process::Pid| u32::try_from(pid.as_raw_nonzero().get()) == Ok(parent);
    if !rustix::process::getppid().is_some_and(is_parent) {
        return Ok(Exit::Interrupted);
    }
    let (program, args) = command.split_first().context("there is no command to become")?;
    Err(Command::new(program).args(args).exec())
        .with_context(|| format!("starting `{}`", program.display()))
}

/// Nobody asks for it elsewhere.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub(crate) fn become_tethered(_: u32, _: &[OsString]) -> Result<Exit> {
    anyhow::bail!("this system does not tell a child of its parent's end")
}
