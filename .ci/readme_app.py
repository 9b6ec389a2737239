"""Does with the app what its document says, as a newcomer would, and looks at what came of it.

Then a tool that none of us wrote sends more than a thousand requests that the app's OpenAPI document
allows, and some that it does not.
"""

import contextlib
import json
import pathlib
import re
import socket
import sys

from fresh_checkout import CLONE
from processes import WORKSPACE, check, environment, run, wait_for
from shell import Shell

# Where the document's commands find the app.
PORT = 3000

# How many requests of each kind each operation gets.
EXAMPLES = 25

# What the tool is run in: where it may keep what it has found.
CACHE = WORKSPACE / "target/ci"


def by_itself_begins(section, context):
    """It goes on running in the shell where it was started."""
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", PORT)) == 0
    check(not taken, f"port {PORT}, which the document's commands name, is free")
    # As in a fresh clone; what other sections have written is none of this one's.
    (CLONE / "app/.env").unlink(missing_ok=True)
    section.shell.run("cargo build --quiet --package app")
    context.command, context.first = section.take("cargo run -p app"), contextlib.ExitStack()
    context.until_the_end.push(context.first)
    context.first.enter_context(app(section.shell, context.command))


def by_itself(section, context):
    """Local files and SQLite; no AWS anywhere."""
    lines = section.rest()
    default, chosen, found, history = follow(section, lines)
    check(default["source"] == "default", "who has chosen nothing has the default")
    check(chosen["model"] == found["model"] == "nova-micro", "the choice is found again")
    check([switch["to"] for switch in history["switches"]] == ["nova-micro"], "it is recorded")
    context.first.close()
    with app(section.shell, context.command):
        [again] = follow(section, lines[:1])
        check(again == found, "the choice survives a restart")


def with_all_of_it(section, context):
    """Against the embedded AWS, by what it says to export."""
    section.shell = Shell(CLONE, environment(**context.exports))
    section.run("cargo xtask setup")
    command = section.take("cargo run -p app")
    with app(section.shell, command):
        whole, pieces, upload, listing = follow(section, section.rest())
        check(whole["model"] == "nova-micro", "the chosen model answers, after the restart too")
        check(whole["text"].startswith("You said: Name three colours"), "it was asked")
        events = re.findall(r"^event: (\w+)$", pieces, re.MULTILINE)
        check(events[0] == "text" and events[-1] == "end", "the answer comes in pieces")
        check(len(events) > 3, "in several pieces")
        size = (CLONE / "README.md").stat().st_size
        check(upload["size_bytes"] == size, "the file is stored")
        check([entry["key"] for entry in listing["entries"]] == ["docs/README.md"], "and listed")
        bucket = context.exports["S3_BUCKET_UPLOADS"]
        stored = context.account.s3.list_objects_v2(Bucket=bucket)["Contents"]
        check([one["Size"] for one in stored] == [size], "it is on S3")
    section.shell.env["RUST_LOG"] = "error"
    with app(section.shell, command):
        against_its_document()


def against_its_document():
    """No server error, no answer that the document does not have, no bad input that passes."""
    schemathesis = str(pathlib.Path(sys.executable).with_name("schemathesis"))
    document = f"http://127.0.0.1:{PORT}/openapi.json"
    limits = ("--max-examples", str(EXAMPLES), "--seed", "1", "--generation-database", "none")
    config = ("--config-file", str(WORKSPACE / ".ci/schemathesis.toml"), "--no-color")
    run(schemathesis, *config, "run", document, *limits, env=environment(), cwd=CACHE)


@contextlib.contextmanager
def app(shell, command):
    """The app in the foreground until the block ends; it answers already."""
    with shell.running(command) as process:
        wait_for(PORT, process)
        yield


def follow(section, lines):
    """Runs commands that ask the app; what each is told, as JSON where it is JSON."""
    told = []
    for line in lines:
        check(line.startswith("curl ") and f"localhost:{PORT}/" in line, f"`{line}` asks the app")
        answer = section.shell.run(line)
        with contextlib.suppress(json.JSONDecodeError):
            answer = json.loads(answer)
        told.append(answer)
    return told
