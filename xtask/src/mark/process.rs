//! What tells one process on one machine from every other, as far as the system says.
//!
//! Only Linux says all of it. Elsewhere nothing is known to be gone, and the heartbeat's age decides.

use std::path::Path;

use super::Mark;

/// The name of this machine.
pub(super) fn host() -> Option<String> {
    line("/proc/sys/kernel/hostname").or_else(|| line("/etc/hostname"))
}

/// The id of this boot.
pub(super) fn boot() -> Option<String> {
    line("/proc/sys/kernel/random/boot_id")
}

/// The name space in which this process's number counts.
pub(super) fn namespace() -> Option<String> {
    Some(std::fs::read_link("/proc/self/ns/pid").ok()?.to_str()?.to_owned())
}

/// When a process started, in clock ticks since boot (`proc_pid_stat(5)`, field 22).
pub(super) fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

/// Whether the process of a mark is known to have ended.
pub(super) fn is_gone(mark: &Mark) -> bool {
    let same = |ours: Option<String>, theirs: &Option<String>| ours.is_some() && ours == *theirs;
    if !same(host(), &mark.host)
        || !same(boot(), &mark.boot)
        || !same(namespace(), &mark.pid_namespace)
    {
        return false;
    }
    if !Path::new("/proc").join(mark.pid.to_string()).exists() {
        return true;
    }
    match (mark.process_started, started(mark.pid)) {
        (Some(then), Some(now)) => then != now,
        _ => false,
    }
}

fn line(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
