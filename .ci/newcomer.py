"""Does with the app what the README says, as a newcomer would, and looks at what came of it.

The commands are taken from the README: what is written there is what runs. Then a tool that none
of us wrote sends more than a thousand requests that the app's OpenAPI document allows, and some that it
does not.
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

from processes import WORKSPACE, check, environment, free_port, run, sandbox, wait_for

# Where the README's commands find the app.
README_ADDRESS = "localhost:3000"

# Where the tool may keep what it has found.
CACHE = WORKSPACE / "target/ci"

# How many requests of each kind each operation gets.
EXAMPLES = 25


def main():
    sections = readme_sections()
    # So that whoever waits for the app does not wait for the compiler.
    run("cargo", "build", "--quiet", "--package", "app", env=environment())
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "DATABASE_FILE": f"{folder}/app.sqlite",
            "LOCAL_STORAGE_ROOT": f"{folder}/files",
        }
        by_itself(sections["by itself"], files)
        with sandbox() as exports:
            run("cargo", "xtask", "setup", env=environment(**exports))
            with_all_of_it(sections["with all of it"], files | exports)
            against_its_document(files | exports)


def by_itself(commands, files):
    """Local files and SQLite; no AWS anywhere."""
    with app(environment(**files)) as address:
        default, chosen, found, history = follow(commands, address)
        check(default["source"] == "default", "who has chosen nothing has the default")
        check(chosen["model"] == found["model"] == "nova-micro", "the choice is found again")
        check([switch["to"] for switch in history["switches"]] == ["nova-micro"], "it is recorded")
    with app(environment(**files)) as address:
        _, _, again, _ = follow([commands[0], commands[0], commands[2], commands[3]], address)
        check(again == found, "the choice survives a restart")


def with_all_of_it(commands, variables):
    """Against the embedded AWS."""
    with app(environment(**variables)) as address:
        whole, pieces, upload, listing = follow(commands, address)
        check(whole["model"] == "nova-micro", "the chosen model answers, after the restart too")
        check(whole["text"].startswith("You said: Name three colours"), "it was asked")
        events = re.findall(r"^event: (\w+)$", pieces, re.MULTILINE)
        check(events[0] == "text" and events[-1] == "end", "the answer comes in pieces")
        check(len(events) > 3, "in several pieces")
        size = (WORKSPACE / "README.md").stat().st_size
        check(upload["size_bytes"] == size, "the file is stored")
        check([entry["key"] for entry in listing["entries"]] == ["docs/README.md"], "and listed")


def against_its_document(variables):
    """No server error, no answer that the document does not have, no bad input that passes."""
    with app(environment(**variables, RUST_LOG="error")) as address:
        schemathesis = str(pathlib.Path(sys.executable).with_name("schemathesis"))
        document = f"http://{address}/openapi.json"
        limits = ("--max-examples", str(EXAMPLES), "--seed", "1", "--generation-database", "none")
        config = ("--config-file", str(WORKSPACE / ".ci/schemathesis.toml"), "--no-color")
        run(schemathesis, *config, "run", document, *limits, env=environment(), cwd=CACHE)


def readme_sections():
    """The `curl` commands below each `<!-- newcomer: NAME -->`, up to the end of the code block."""
    readme = (WORKSPACE / "README.md").read_text()
    blocks = re.findall(r"<!-- newcomer: (.*?) -->\n```sh\n(.*?)```", readme, re.DOTALL)
    split = {name: re.sub(r"\\\n\s*", " ", text).splitlines() for name, text in blocks}
    return {
        name: [line for line in lines if line.startswith("curl ")] for name, lines in split.items()
    }


def follow(commands, address):
    """Runs commands of the README in its folder; yields their output, as JSON where it is JSON."""
    outputs = []
    for command in commands:
        check(README_ADDRESS in command, f"`{command}` names the app")
        command = command.replace(README_ADDRESS, address)
        output = run("sh", "-c", command, env=environment())
        with contextlib.suppress(json.JSONDecodeError):
            output = json.loads(output)
        outputs.append(output)
    return outputs


@contextlib.contextmanager
def app(env):
    """`cargo run -p app` until the block ends; stopped as Ctrl-C does, and by itself in good order."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    env = env | {"LISTEN_ADDRESS": address}
    command = ("cargo", "run", "--quiet", "--package", "app")
    print("\n$", *command, flush=True)
    # A group of its own, as a shell gives it: Ctrl-C reaches cargo and the app.
    process = subprocess.Popen(command, cwd=WORKSPACE, env=env, start_new_session=True)
    try:
        wait_for(port, process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGINT)
        ended = process.wait(timeout=30)
    check(ended in (0, -signal.SIGINT, 130), f"the app ends in good order, not with {ended}")


if __name__ == "__main__":
    main()
