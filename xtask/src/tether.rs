//! A child that ends when we end, however that happens.
//!
//! A run that is killed cannot tell nextest to stop, and tests that went on would write behind the
//! clean-up's back. Linux tells a child of its parent's death where the child has asked for it; to ask
//! in the child's own name takes a step between us and it, which is this binary once more.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::exit::Exit;

/// The hidden command that stands in between.
pub(crate) const STEP: &str = "tethered";

/// The command, tethered to this process where the system can do that.
pub(crate) fn tethered(command: Command) -> Command {
    match cfg!(target_os = "linux") {
        // The running binary, also where another build has replaced its file by now.
        true => by_way_of(Path::new("/proc/self/exe"), STEP, command),
        false => command,
    }
}

/// The command, started by this binary's hidden command `step`.
pub(crate) fn by_way_of(binary: &Path, step: &str, command: Command) -> Command {
    let mut between = Command::new(binary);
    between.args([step, &std::process::id().to_string(), "--"]);
    between.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        between.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => between.env(name, value),
            None => between.env_remove(name),
        };
    }
    between
}

/// Becomes `command`, to be terminated when `parent` ends.
///
/// # Errors
/// Where the command cannot be started.
#[cfg(target_os = "linux")]
pub(crate) fn become_tethered(parent: u32, command: &[OsString]) -> Result<Exit> {
    use std::os::unix::process::CommandExt as _;

    if !is_told_of_the_end_of(parent)? {
        return Ok(Exit::Interrupted);
    }
    let (program, args) = command.split_first().context("there is no command to become")?;
    Err(Command::new(program).args(args).exec())
        .with_context(|| format!("starting `{}`", program.display()))
}

/// Asks to be terminated when `parent` ends. Whether it is still there.
///
/// # Errors
/// Where the system does not take it.
#[cfg(target_os = "linux")]
pub(crate) fn is_told_of_the_end_of(parent: u32) -> Result<bool> {
    let signal = rustix::process::Signal::TERM;
    rustix::process::set_parent_process_death_signal(Some(signal))
        .context("asking to be told of the parent's end")?;
    // It may have ended before we asked.
    let is_parent =
        |pid: rustix::process::Pid| u32::try_from(pid.as_raw_nonzero().get()) == Ok(parent);
    Ok(rustix::process::getppid().is_some_and(is_parent))
}

/// Other systems do not tell.
///
/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_told_of_the_end_of(_: u32) -> Result<bool> {
    Ok(true)
}

/// Nobody asks for it elsewhere.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub(crate) fn become_tethered(_: u32, _: &[OsString]) -> Result<Exit> {
    anyhow::bail!("this system does not tell a child of its parent's end")
}
