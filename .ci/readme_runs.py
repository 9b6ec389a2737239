"""What the documents do on any machine: runs, tests of one's own, and what is made anew."""

import contextlib
import json
import os
import pathlib
import re
import tempfile
import time

import picture
from fresh_checkout import CLONE, git
from processes import WORKSPACE, check

# The test that the README shows.
EXAMPLE = "s3_integration::greetings::what_was_uploaded_is_read_back"


def last_run():
    """What the last run left as data; all of it went well."""
    summary = json.loads((CLONE / "target/xtask/report/summary.json").read_text())
    counts = summary["counts"]
    check(summary["exit_code"] == 0 and counts["passed"] > 0, f"tests passed: {counts}")
    check(counts["failed"] == counts["unfinished"] == counts["leaked"] == 0, f"all was well: {counts}")
    return summary


def names(summary):
    return [test["name"] for test in summary["tests"]]


def two_commands(section, context):
    section.run("cargo xtask test")
    summary = last_run()
    check(summary["target"] == "the embedded AWS", "it ran on the embedded AWS")
    check(summary["counts"]["skipped"] == 0 and not summary["left_out"], "it ran all there are")
    check(summary["lock"]["differences"] == [], "the tests need what the lock says")
    check((CLONE / summary["junit"]).exists(), "it left a JUnit file")
    step_of_ci(section.take("cargo test --workspace"))


def report(section, context):
    with a_browser(section.shell) as shown:
        section.run("cargo xtask report --open")
        page = shown()
    check(page == CLONE / "target/xtask/report/index.html", f"the browser is shown the page: {page}")
    check(last_run()["run"] in page.read_text(), "the page is that of the last run")


@contextlib.contextmanager
def a_browser(shell):
    """A browser that only notes what it is shown, and how to find that out."""
    with tempfile.TemporaryDirectory() as folder:
        note = pathlib.Path(folder) / "note"
        browser = pathlib.Path(folder) / "xdg-open"
        browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{note}"\n')
        browser.chmod(0o755)
        shell.env["PATH"] = f"{folder}:{shell.env['PATH']}"

        def shown():
            # It is not waited for by who starts it.
            deadline = time.monotonic() + 10
            while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
                time.sleep(0.05)
            check(note.exists(), "a browser is started")
            return pathlib.Path(note.read_text())

        yield shown


def how_to_write_a_test(section, context):
    """The example stays in the clone: with it, the rest has to work as well."""
    [example] = [block for block in section.blocks if block.language == "rust"]
    path = re.fullmatch(r"<!-- example: (.*) -->", example.remark).group(1)
    section.run("cargo xtask new-test greetings")
    check((CLONE / path).read_text() == example.text, f"the README shows what is written to {path}")
    git("add", "--intent-to-add", path, cwd=CLONE)
    section.run("cargo xtask test greetings")
    check(names(last_run()) == [EXAMPLE], "it is what ran")
    section.shell.run(f"rustfmt --check --edition 2024 {path}")


def how_fast(section, context):
    line = section.take("python3 tests/comparison/compare.py")
    if at_length(line, context, "it takes minutes, and is a benchmark"):
        rows = json.loads(section.shell.run(f"{line} --rounds 1 --json"))
        check(rows, "it compares")
    line = section.take("cargo bench --package sandbox --bench servers")
    if at_length(line, context, "it builds for release, and is a benchmark"):
        table = section.shell.run(f"{line} -- --quick")
        check(all(row in table for row in ("PUT 1 KB", "LIST 1,000 keys", "GET 1 MB")), "it compares")


def at_length(line, context, why):
    """Whether this time all is run; else says that it is not."""
    if not context.at_length:
        print(f"\nnot run without `--all`: `{line}`: {why}", flush=True)
    return context.at_length


def coverage(section, context):
    why = "it builds everything once more, which `.ci/coverage.py` does"
    line = section.take("cargo xtask coverage")
    if at_length(line, context, why):
        table = section.shell.run(line)
        check("app" in table and "sandbox" in table, "it says how much of each crate was run")
    line = section.take("cargo xtask coverage --open")
    if at_length(line, context, why):
        with a_browser(section.shell) as shown:
            section.shell.run(line)
            check(shown().exists(), "the browser is shown the pages")


def step_of_ci(line):
    """What CI runs in any case is not run again: the very same command is a step of it."""
    files = [WORKSPACE / ".ci/run", *(WORKSPACE / ".github/workflows").glob("*.yml")]
    steps = [step.strip().replace(" --locked", "") for file in files for step in file.read_text().splitlines()]
    found = any(re.fullmatch(rf"(run: |- run: |\w+=\S+ )*{re.escape(line)}", step) for step in steps)
    check(found, f"`{line}` is a step of CI")
    print(f"\na step of CI: `{line}`", flush=True)


def what_has_to_pass(section, context):
    for line in section.rest():
        step_of_ci(line)


def add_a_test(section, context):
    section.run("cargo xtask test greetings")
    check(names(last_run()) == [EXAMPLE], "it is what ran")
    section.run("cargo xtask test --update-permissions greetings")
    changes = git("diff", "--unified=0", "--", "tests/permissions.lock", "README.md", cwd=CLONE)
    changes = [line for line in changes.splitlines() if re.match(r"[+-](?![+-])", line)]
    entry = f"+[tests::suites {EXAMPLE}]"
    check(entry in changes, f"the new test has its entry: {changes}")
    needs = [line for line in changes if line not in ("+", entry)]
    check(needs and all(line.startswith("+s3:") for line in needs), f"and nothing else changed: {changes}")


def add_a_scenario(section, context):
    section.run("cargo xtask test --suite performance_aws uploads")
    check(last_run()["measurements"], "it measured")


def renew(section, context):
    """The picture shows what this version prints, and nothing of the machine."""
    path = CLONE / "docs/run.svg"
    before = picture.lines_of(path.read_text())
    section.run("target/ci/venv/bin/python .ci/picture.py")
    text = path.read_text()
    addresses = set(re.findall(r"\w+://[^\"' )]+", text))
    check(addresses == {"http://www.w3.org/2000/svg"}, f"it names no other host: {addresses}")
    check(str(WORKSPACE) not in text and os.uname().nodename not in text, "nor this machine")
    now, known = {words(line) for line in picture.lines_of(text)}, set(names(last_run()))
    for line in before:
        if test := re.match(r" +PASS .*suites (\S+)", line):
            check(test.group(1) in known, f"docs/run.svg shows a test that is gone: {line.strip()}")
        elif not re.match(r" \S| {30}", line):
            check(words(line) in now, f"docs/run.svg shows what no run prints any more: {line.strip()}")


def words(line):
    """A line without its figures, and without the names of runs."""
    line = re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b", "RUN", line)
    return " ".join(re.sub(r"[\d.,]+", "0", line).split())


def by_hand(section, context):
    for line in section.rest():
        print(f"\nnot run here: `{line}`: a benchmark, and no part of the checks", flush=True)
