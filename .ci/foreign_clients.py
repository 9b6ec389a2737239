"""Lets boto3 and the AWS CLI work with the embedded AWS, as `cargo xtask sandbox` runs it."""

import json
import subprocess
import sys

from processes import WORKSPACE, environment, run


def main():
    run("cargo", "build", "--quiet", "--package", "xtask", env=environment())
    command = ("target/debug/xtask", "sandbox", "--json")
    with subprocess.Popen(
        command, cwd=WORKSPACE, env=environment(), stdout=subprocess.PIPE, text=True
    ) as sandbox:
        try:
            exports = json.loads(document(sandbox.stdout))
            clients = (sys.executable, "sandbox/tests/foreign_clients.py")
            run(*clients, env=environment(**exports))
        finally:
            sandbox.terminate()


def document(lines):
    """The one JSON document at the beginning of what a server prints."""
    text = ""
    for line in lines:
        text += line
        if line == "}\n":
            return text
    sys.exit(f"the sandbox ended before it said where it listens: {text}")


if __name__ == "__main__":
    main()
