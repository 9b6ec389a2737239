"""A shell as somebody has it open: it remembers what was exported and where it stands."""

import contextlib
import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile


class Shell:
    """Runs command lines as they are written, one after the other."""

    def __init__(self, folder, env):
        self.folder, self.env = folder, dict(env)

    def run(self, line, expect=0):
        """Runs a line to its end, and insists on its exit code; what it says on stdout."""
        print(f"\n$ {line}", flush=True)
        with self.script(line) as script:
            done = subprocess.run(script, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, text=True)
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
        self.insist(line, done.returncode, expect)
        return done.stdout

    def answer(self, line, question, reply, expect=0):
        """The same on a terminal, with a reply to its question; all that it says."""
        print(f"\n$ {line}", flush=True)
        with self.script(line) as script:
            ours, theirs = pty.openpty()
            process = subprocess.Popen(
                script, cwd=self.folder, env=self.env, stdin=theirs, stdout=theirs, stderr=theirs
            )
            os.close(theirs)
            said, asked = b"", False
            # Linux ends a terminal with an error, once nobody writes to it any more.
            with contextlib.suppress(OSError):
                while part := os.read(ours, 1 << 16):
                    said += part
                    if question.encode() in said and not asked:
                        os.write(ours, f"{reply}\n".encode())
                        asked = True
            code = process.wait()
            os.close(ours)
        print(said.decode(errors="replace"), flush=True)
        self.insist(line, code, expect)
        if not asked:
            sys.exit(f"`{line}` did not ask `{question}`")
        return said.decode(errors="replace")

    @contextlib.contextmanager
    def running(self, line, stdout=subprocess.DEVNULL):
        """Runs a line in the foreground until the block ends; then Ctrl-C, which it takes well."""
        print(f"\n$ {line}", flush=True)
        # A group of its own, as a shell gives it: Ctrl-C reaches cargo and what cargo runs.
        process = subprocess.Popen(
            ("bash", "-c", f"exec {line}"),
            cwd=self.folder,
            env=self.env,
            stdout=stdout,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            code = process.wait(timeout=60)
            print(f"^C: {line}: {code}", flush=True)
        if code not in (0, -signal.SIGINT, 130):
            sys.exit(f"`{line}` ends in good order at Ctrl-C, not with {code}")

    @contextlib.contextmanager
    def script(self, line):
        """The line, followed by what keeps the state of the shell."""
        with tempfile.TemporaryDirectory() as folder:
            state = pathlib.Path(folder) / "environment"
            keep = f'code=$?\nenv -0 > "{state}"\nexit $code\n'
            yield ("bash", "-c", f"{line}\n{keep}")
            if state.exists():
                pairs = (pair.partition("=") for pair in state.read_text().split("\0") if pair)
                self.env = {name: value for name, _, value in pairs}

    @staticmethod
    def insist(line, code, expect):
        if code != expect:
            sys.exit(f"exit code {code}, expected {expect}: {line}")
