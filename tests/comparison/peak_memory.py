"""How much memory a command and all its children had at once, at its peak."""

import dataclasses
import os
import subprocess
import threading
import time

INTERVAL_SECONDS = 0.015


@dataclasses.dataclass
class Peak:
    """The largest sums over the processes of one moment, in bytes, and how often was looked."""

    # Pages that several processes share are split among them.
    proportional: int = 0
    # Shared pages count once for each process.
    resident: int = 0
    processes: int = 0
    samples: int = 0
    # Proportional bytes by the names of programs, at that moment.
    by_program: dict[str, int] = dataclasses.field(default_factory=dict)


def measure(command: list[str], env: dict[str, str], cwd) -> tuple[int, Peak]:
    """Runs a command in a session of its own, and looks at all its processes."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak, ended = Peak(), threading.Event()
    looking = threading.Thread(target=_look, args=(process.pid, peak, ended))
    looking.start()
    code = process.wait()
    ended.set()
    looking.join()
    return code, peak


def _look(session: int, peak: Peak, ended: threading.Event) -> None:
    while not ended.is_set():
        began = time.monotonic()
        members = [pid for pid in os.listdir("/proc") if pid.isdigit() and _session(pid) == session]
        sums = [_memory(pid) for pid in members]
        proportional = sum(one for one, _ in sums)
        if proportional > peak.proportional:
            peak.proportional = proportional
            peak.by_program = {}
            for pid, (one, _) in zip(members, sums, strict=True):
                program = _program(pid)
                peak.by_program[program] = peak.by_program.get(program, 0) + one
        peak.resident = max(peak.resident, sum(one for _, one in sums))
        peak.processes = max(peak.processes, len(members))
        peak.samples += 1
        ended.wait(max(0.0, INTERVAL_SECONDS - (time.monotonic() - began)))


def _session(pid: str) -> int | None:
    """Also of a process whose parent has ended; `None` where it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in brackets may hold anything: the fields behind it are counted.
            return int(file.read().rpartition(b")")[2].split()[3])
    except OSError:
        return None


def _program(pid: str) -> str:
    """The name of the program, as the kernel cuts it."""
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return "gone"


def _memory(pid: str) -> tuple[int, int]:
    """Proportional and resident bytes of a process; nothing where it is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            fields = {line.split()[0]: line.split()[1] for line in file.readlines()[1:]}
    except OSError:
        return 0, 0
    return int(fields.get(b"Pss:", 0)) * 1024, int(fields.get(b"Rss:", 0)) * 1024
