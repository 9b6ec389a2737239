"""Starts and stops the servers that the checks need, and runs commands with their output shown."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

WORKSPACE = pathlib.Path(__file__).resolve().parent.parent


def environment(**variables):
    """Our environment without anything of AWS's or the app's, plus `variables`."""
    prefixes = ("AWS_", "BEDROCK_", "CLOUDFRONT_", "DATABASE_", "LISTEN_", "LOCAL_STORAGE_", "LOG_")
    prefixes += ("MAX_UPLOAD_", "MODEL_", "RUST_LOG", "S3_", "SAGEMAKER_", "SHUTDOWN_GRACE_")
    prefixes += ("STORAGE_", "XTASK_")
    # The summary of the job is the job's, and not of the runs that it tries.
    prefixes += ("GITHUB_STEP_SUMMARY",)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    # Who types these commands sits before a terminal; a check that wants a job's strictness says so.
    kept.pop("CI", None)
    # No profile of a developer, no role of a machine.
    nowhere = str(WORKSPACE / "target/ci/no-such-file")
    kept |= {"AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere}
    kept |= {"AWS_EC2_METADATA_DISABLED": "true"}
    return kept | variables


def run(*command, env, expect=0, cwd=WORKSPACE, show=True):
    """Runs a command, shows it and its output, and insists on its exit code."""
    if show:
        print("\n$", *command, flush=True)
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, text=True)
    if show or done.returncode != expect:
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
    if done.returncode != expect:
        sys.exit(f"exit code {done.returncode}, expected {expect}: {' '.join(command)}")
    return done.stdout


@contextlib.contextmanager
def server(*command, env, port):
    """Runs a server on a port of loopback until the block ends."""
    process = subprocess.Popen(
        command, cwd=WORKSPACE, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextlib.contextmanager
def sandbox():
    """`cargo xtask sandbox` until the block ends: what it says to export."""
    run("cargo", "build", "--quiet", "--package", "xtask", env=environment())
    command = ("target/debug/xtask", "sandbox", "--json")
    with subprocess.Popen(
        command, cwd=WORKSPACE, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield json.loads(document(process.stdout))
        finally:
            process.terminate()


def document(lines):
    """The one JSON document at the beginning of what a server prints."""
    text = ""
    for line in lines:
        text += line
        if line == "}\n":
            return text
    sys.exit(f"the sandbox ended before it said where it listens: {text}")


def wait_for(port, process):
    """Waits until something answers on the port."""
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"the server ended with {process.returncode} before it answered")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nothing answers on port {port}")


def free_port():
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check(holds, what):
    """Ends everything where something does not hold."""
    if not holds:
        sys.exit(f"does not hold: {what}")
