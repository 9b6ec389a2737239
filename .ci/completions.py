"""Types in real shells and looks at what the Tab key makes of it: `cargo xtask` is completed, and every
other `cargo ...` as it was before.

Each shell has what a user has: cargo's own completion where the toolchain brings one, and our script
where `cargo xtask completions --help` says to put it.
"""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time

from processes import WORKSPACE, check, environment, run

# What is typed before Tab, and what stands there afterwards.
OURS = [
    ("cargo xtask cl", "cargo xtask cleanup"),
    ("cargo xtask test --str", "cargo xtask test --strict"),
    ("cargo xtask test --aws --suite perf", "cargo xtask test --aws --suite performance_aws"),
    ("cargo xtask test e2e", "cargo xtask test e2e_model_selection"),
    ("cargo xtask check --for cle", "cargo xtask check --for cleanup"),
    ("cargo xtask new-test --req", "cargo xtask new-test --requirement"),
    ("cargo xtask completions fi", "cargo xtask completions fish"),
    ("cargo +stable xtask clea", "cargo +stable xtask cleanup"),
    ("cargo --offline xtask clea", "cargo --offline xtask cleanup"),
]

# Completed by cargo's own completion.
CARGOS = [
    ("cargo bu", "cargo build"),
    ("cargo xt", "cargo xtask"),
    ("cargo build --rel", "cargo build --release"),
    ("cargo run --bin xtask --rel", "cargo run --bin xtask --release"),
]

# Completed as every command is that nobody knows.
NOBODYS = [("cargo rustfmt.t", "cargo rustfmt.toml")]

BASH_COMPLETION = pathlib.Path("/usr/share/bash-completion/bash_completion")


def main():
    install()
    scripts = {shell: script(shell) for shell in ("bash", "zsh", "fish")}
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        in_bash(home, scripts["bash"])
        in_zsh(home, scripts["zsh"])
        in_fish(home, scripts["fish"])


def install():
    """The shells, where they are missing."""
    if shutil.which("zsh") and shutil.which("fish") and BASH_COMPLETION.exists():
        return
    apt = ("apt-get",) if os.getuid() == 0 else ("sudo", "apt-get")
    quiet = ("--quiet", "--quiet", "--yes", "--no-install-recommends")
    run(*apt, "update", "--quiet", "--quiet", env=environment())
    run(*apt, "install", *quiet, "bash-completion", "fish", "zsh", env=environment())


def script(shell):
    """What a user would write to a file."""
    command = ("cargo", "xtask", "completions", shell)
    print("\n$", *command, flush=True)
    return subprocess.check_output(command, cwd=WORKSPACE, env=environment(), text=True)


def in_bash(home, script):
    """With cargo's completion loaded at once, loaded by bash-completion when it is needed, and without."""
    ours, cargos = home / "cargo-xtask.bash", of_the_toolchain("etc/bash_completion.d/cargo")
    ours.write_text(script)
    lazily = home / ".local/share/bash-completion/completions/cargo"
    lazily.parent.mkdir(parents=True)
    at_once = f". {BASH_COMPLETION}; . {cargos}"
    for before, others in ((at_once, CARGOS), (f". {BASH_COMPLETION}", CARGOS), (":", NOBODYS)):
        if before != at_once:
            shutil.copy(cargos, lazily)
        # Twice, as by a `.bashrc` that is read again.
        for after, typed in ((":", others), (f". {ours}; . {ours}", others + OURS + others)):
            with Terminal(home, "bash", "--norc", "--noprofile", "-i") as terminal:
                terminal.enter(f"{before}; {after}")
                terminal.enter("bind -x '\"\\C-g\": printf \"\\n<%s>\\n\" \"$READLINE_LINE\"'")
                terminal.completes(typed)


def in_zsh(home, script):
    """With cargo's completion, which ours needs."""
    functions = home / ".zfunc"
    functions.mkdir()
    shutil.copy(of_the_toolchain("share/zsh/site-functions/_cargo"), functions / "_cargo")
    for typed in (CARGOS, CARGOS + OURS + CARGOS):
        if typed is not CARGOS:
            (functions / "_cargo-xtask").write_text(script)
        with Terminal(home, "zsh", "-f", "-i") as terminal:
            terminal.enter(f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D")
            terminal.enter("show() { print -r -- $'\\n'\"<$BUFFER>\" }; zle -N show; bindkey '^G' show")
            terminal.completes(typed)


def in_fish(home, script):
    """fish brings its own completion for cargo, and says what it offers."""

    def offered(typed):
        command = ("fish", "--command", 'complete --do-complete "$argv"', typed)
        env = at_home(home)
        return subprocess.run(
            command, cwd=WORKSPACE, env=env, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    before = {typed: offered(typed) for typed, _ in CARGOS}
    ours = home / ".config/fish/conf.d/cargo-xtask.fish"
    ours.parent.mkdir(parents=True, exist_ok=True)
    ours.write_text(script)
    for typed, expected in CARGOS:
        check(expected.split()[-1] in before[typed], f"fish completes `{typed}`: {before[typed]}")
        check(offered(typed) == before[typed], f"fish completes `{typed}` as before")
    for typed, expected in OURS:
        words = [line.split("\t")[0] for line in offered(typed).splitlines()]
        check(expected.split()[-1] in words, f"fish completes `{typed}`: {words}")
        print(f"fish: {typed}⇥ {words}")


def at_home(home, **variables):
    """The environment of somebody who lives there, with our toolchain."""
    real = pathlib.Path.home()
    folders = {"HOME": home, "XDG_DATA_HOME": home / ".local/share", "XDG_CONFIG_HOME": home / ".config"}
    for name, usual in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")):
        folders[name] = os.environ.get(name, real / usual)
    return environment(**{name: str(folder) for name, folder in folders.items()}, **variables)


def of_the_toolchain(path):
    """What the toolchain brings for other programs."""
    sysroot = run("rustc", "--print", "sysroot", env=environment()).strip()
    found = pathlib.Path(sysroot) / path
    check(found.exists(), f"the toolchain brings {path}")
    return found


class Terminal:
    """An interactive shell that says on Ctrl-G, between `<` and `>`, what stands in its line."""

    def __init__(self, home, *command):
        self.shell = command[0]
        env = at_home(home, TERM="dumb", PS1="$ ", PROMPT="$ ")
        self.terminal, end = pty.openpty()
        self.process = subprocess.Popen(
            command, cwd=WORKSPACE, env=env, stdin=end, stdout=end, stderr=end, start_new_session=True
        )
        os.close(end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)

    def enter(self, line):
        """Runs a line."""
        self.send(f"{line}\n")

    def completes(self, expectations):
        """Types each text and Tab."""
        for typed, expected in expectations:
            # The line may have something from before; only what the shell itself says counts.
            self.send("\x15" + typed + "\t")
            found = self.line()
            print(f"{self.shell}: {typed}⇥ {found}", flush=True)
            # Behind what is complete comes a space, or the `=` before a value.
            check(found.rstrip(" =") == expected, f"{self.shell} makes `{expected}` of `{typed}`")

    def send(self, text):
        """Types."""
        os.write(self.terminal, text.encode())
        # Keys that come together are taken for a paste by some shells.
        time.sleep(0.3)

    def line(self):
        """What stands in the line."""
        self.send("\x07")
        seen, patience = "", time.monotonic() + 30
        while time.monotonic() < patience:
            if select.select([self.terminal], [], [], 0.5)[0]:
                seen += os.read(self.terminal, 65536).decode(errors="replace")
                said = re.findall(r"[\r\n]<([^<>\r\n]*)>[\r\n]", seen)
                if said:
                    return said[-1]
        check(False, f"{self.shell} says what stands in its line: {seen!r}")


if __name__ == "__main__":
    main()
