"""Runs every command of the README and of the other documents, in order, and looks at what came of it.

A clone of what is committed stands for the newcomer's checkout, an embedded AWS for the account. What
is written in a document is what runs, in a shell that remembers what was exported in the section. Each
section with commands has a function here that takes them one by one, and judges them by what they did:
a command that nobody judges fails the check, and so does a judgement without its command.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time

import boto3
import picture
import readme_app
from documents import commands, documents
from fresh_checkout import CLONE, fresh_checkout, git
from processes import WORKSPACE, check, environment, sandbox
from shell import Shell

ROOTS = ("test/", "perf-test/")

# What lies beside the two roots, some of it nearly below them. Nothing may touch it.
BYSTANDERS = ["keep/me", "test", "test-data/x", "a/test/x", "perf-tests/x"]

# The profile and the region that the README names.
PROFILE, REGION = "your-profile", "us-west-2"

# The test that the README shows.
EXAMPLE = "s3_integration::greetings::what_was_uploaded_is_read_back"

# Answers for the account: a profile's keys and where its services are.
CONFIG = """[profile {profile}]
aws_access_key_id = {AWS_ACCESS_KEY_ID}
aws_secret_access_key = {AWS_SECRET_ACCESS_KEY}
endpoint_url = {AWS_ENDPOINT_URL}
"""

# Does with boto3 what the environment alone lets it do.
BOTO3 = """
import boto3
s3 = boto3.client('s3')
where = {'LocationConstraint': s3.meta.region_name}
s3.create_bucket(Bucket='by-boto3', CreateBucketConfiguration=where)
s3.put_object(Bucket='by-boto3', Key='a', Body=b'b')
body = s3.get_object(Bucket='by-boto3', Key='a')['Body'].read().decode()
print(s3.get_bucket_location(Bucket='by-boto3')['LocationConstraint'], body)
"""


class Section:
    """The commands below one heading, which are taken one by one."""

    def __init__(self, document, heading, shell):
        self.name = f"{document.path}, {heading}"
        self.blocks = document.blocks[heading]
        self.lines = [line for block in self.blocks if block.language == "sh" for line in commands(block)]
        self.shell = shell

    def take(self, expected):
        """The next command, which is to be the one that is judged next."""
        check(self.lines, f"{self.name}: `{expected}` is judged, and not there")
        line = self.lines.pop(0)
        check(line == expected, f"{self.name}: `{line}` is judged as it was: `{expected}`")
        return line

    def run(self, expected):
        """Runs it; what it says on stdout."""
        return self.shell.run(self.take(expected))

    def rest(self):
        """All that are left."""
        lines, self.lines = self.lines, []
        return lines


class Account:
    """What stands for the account on AWS: an embedded one, reached by a profile."""

    def __init__(self, exports, folder):
        config = pathlib.Path(folder) / "config"
        config.write_text(CONFIG.format(profile=PROFILE, **exports))
        self.variables = {"AWS_CONFIG_FILE": str(config)}
        self.s3 = boto3.client(
            "s3",
            endpoint_url=exports["AWS_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
        )

    def chosen(self):
        """The variables of somebody who has chosen the profile already."""
        return self.variables | {"AWS_PROFILE": PROFILE, "AWS_REGION": REGION}

    def buckets(self):
        return [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]

    def left(self):
        """Everything below the two roots of each bucket."""
        left = []
        for bucket in self.buckets():
            for root in ROOTS:
                listed = self.s3.list_object_versions(Bucket=bucket, Prefix=root)
                left += [f"{bucket}/{one['Key']}" for one in listed.get("Versions", [])]
                left += [f"{bucket}/{one['Key']}" for one in listed.get("DeleteMarkers", [])]
                uploads = self.s3.list_multipart_uploads(Bucket=bucket, Prefix=root)
                left += [f"{bucket}/{one['Key']}" for one in uploads.get("Uploads", [])]
        return left


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--all", action="store_true", help="the benchmarks too: some minutes")
    arguments.add_argument("--only", metavar="HEADING", action="append", help="these sections alone")
    arguments = arguments.parse_args()
    found = documents()
    judges_and_sections_agree(found)
    fresh_checkout()
    with sandbox() as exports, tempfile.TemporaryDirectory() as folder:
        account = Account(exports, folder)
        for path, sections in JUDGES.items():
            document = next(document for document in found if document.path == path)
            with contextlib.ExitStack() as until_the_end:
                context = Context(account, exports, arguments.all, until_the_end)
                for heading, judge in sections.items():
                    if arguments.only and heading not in arguments.only:
                        continue
                    section = Section(document, heading, Shell(CLONE, environment(**account.variables)))
                    print(f"\n--- {section.name}", flush=True)
                    judge(section, context)
                    check(not section.lines, f"{section.name}: nobody judges `{section.lines[:1]}`")
    if not arguments.only:
        print("\nevery command of the documents does what they say")


class Context:
    """What a judgement may need besides the commands."""

    def __init__(self, account, exports, at_length, until_the_end):
        self.account, self.exports, self.at_length = account, exports, at_length
        # What runs on while the next sections of the document are read.
        self.until_the_end = until_the_end


def judges_and_sections_agree(found):
    """Each section with commands has a judgement, and each judgement its section."""
    for document in found:
        with_commands = []
        for heading, blocks in document.blocks.items():
            for block in blocks:
                known = block.language in ("sh", "rust", "toml", "text")
                check(known, f"{document.path}: a block in `{block.language}`; commands are in `sh`")
            if any(block.language == "sh" for block in blocks):
                with_commands.append(heading)
        judged = list(JUDGES.get(document.path, {}))
        check(with_commands == judged, f"{document.path}: judged are {judged}, commands have {with_commands}")


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


def on_aws(section, context):
    account = context.account
    section.run(f"export AWS_PROFILE={PROFILE} AWS_REGION={REGION}")
    section.run("cargo xtask setup --write-env")
    check((CLONE / "app/.env").exists(), "app/.env is written")
    written = (CLONE / "app/.env").read_text()
    named = re.findall(r"^S3_BUCKET_\w+=(.+)$", written, re.MULTILINE)
    check(len(named) == 4 and "STORAGE_BACKEND=s3" in written, "app/.env names four buckets")
    check(set(named) <= set(account.buckets()), f"the buckets are there: {named}")
    for bucket in named:
        region = account.s3.get_bucket_location(Bucket=bucket)["LocationConstraint"]
        block = account.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        rules = account.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        check(region == REGION and all(block.values()) and rules, f"{bucket} is there, and protected")

    section.run("cargo xtask test --aws")
    summary = last_run()
    check(REGION in summary["target"], f"it ran there: {summary['target']}")
    reasons = {test["reason"]["code"] for test in summary["skipped"]}
    expected = {"model-not-configured", "endpoint-not-configured", "target-lacks-staged-models"}
    check(reasons == expected, f"skipped is what the README says: {reasons}")
    check(account.left() == [], f"nothing is left: {account.left()}")

    dead = [f"{root}dead-run/s3_integration.some.test/n0/object" for root in ROOTS]
    for key in [*dead, *BYSTANDERS]:
        account.s3.put_object(Bucket=named[0], Key=key, Body=b"x")
    account.s3.create_multipart_upload(Bucket=named[0], Key=f"{dead[0]}-in-parts")
    section.shell.answer(section.take("cargo xtask cleanup"), "[y/N]", "y")
    check(account.left() == [], f"what a dead run left is removed: {account.left()}")
    kept = account.s3.list_objects_v2(Bucket=named[0]).get("Contents", [])
    check({one["Key"] for one in kept} == set(BYSTANDERS), "everything else survived")


def other_servers(section, context):
    with serving(section, "cargo xtask sandbox") as exports:
        user = Shell(CLONE, environment())
        user.run(exports)
        check(user.run(f'{sys.executable} -c "{BOTO3}"') == "eu-central-1 b\n", "boto3 works by them")


@contextlib.contextmanager
def serving(section, line):
    """Runs a server in the foreground; the lines to export that it prints."""
    with section.shell.running(section.take(line), stdout=subprocess.PIPE) as process:
        exports = ""
        # It says all of it at once, but may have to be built before.
        while select.select([process.stdout], [], [], 2 if exports else 300)[0]:
            if not (part := os.read(process.stdout.fileno(), 1 << 16)):
                break
            exports += part.decode()
        lines = exports.splitlines()
        check(lines and all(line.startswith("export ") for line in lines), f"exports: {exports}")
        yield exports


def on_several_machines(section, context):
    choose(section, context.account)
    shards = []
    for number in (1, 2):
        section.run(f"cargo xtask test --aws --run-id nightly-7 --shard {number}/2")
        summary = last_run()
        taken = set(names(summary)) | {test["name"] for test in summary["skipped"]}
        shards.append((taken, taken | set(summary["left_out"])))
    (one, every), (other, known) = shards
    check(one and other and not one & other, "no test is run twice")
    check(one | other == every == known, "and each is run")
    check(context.account.left() == [], f"nothing is left: {context.account.left()}")


def choose(section, account):
    """As somebody does who has done the first steps on AWS."""
    section.shell.env |= account.chosen()
    if not account.buckets():
        section.shell.run("cargo xtask setup --write-env")


def permissions(section, context):
    section.run("export AWS_ACCOUNT_ID=123456789012 AWS_REGION=us-west-2")
    setup = json.loads(section.run("cargo xtask policy --for setup"))
    check(setup["Version"] == "2012-10-17", "it is a policy")
    allowed = actions(setup)
    check({"s3:CreateBucket", "s3:PutLifecycleConfiguration"} <= allowed, f"of setup: {allowed}")
    check(not any(action.startswith("bedrock:") for action in allowed), "and no more")
    check("123456789012-us-west-2" in json.dumps(setup), "for the buckets of the account")
    role = json.loads(section.run("cargo xtask policy --for tests --github ORG/REPO"))
    allowed = actions(role["permissions"])
    check("s3:PutObject" in allowed and "s3:CreateBucket" not in allowed, f"of the tests: {allowed}")
    [trusted] = role["trust"]["Statement"]
    check(trusted["Action"] == "sts:AssumeRoleWithWebIdentity", "jobs may take the role")
    check("repo:ORG/REPO:ref:refs/heads/main" in json.dumps(trusted["Condition"]), "those of the repository")


def actions(policy):
    listed = [statement["Action"] for statement in policy["Statement"]]
    return {action for one in listed for action in ([one] if isinstance(one, str) else one)}


def when_something_is_wrong(section, context):
    account = context.account
    choose(section, account)
    line = section.take("cargo xtask check")
    said = section.shell.run(line)
    check("allowed" in said and "denied" not in said, "all is well")
    check(account.left() == [], "it leaves nothing")
    [lost] = [bucket for bucket in account.buckets() if "-uploads-" in bucket]
    account.s3.delete_bucket(Bucket=lost)
    said = section.shell.run(line, expect=1)
    check(lost in said and "cargo xtask setup" in said, "what is missing is named, with its cure")
    section.shell.run("cargo xtask setup")
    check(lost in account.buckets(), "and the cure cures it")


def how_to_write_a_test(section, context):
    """The example stays in the clone: with it, the rest has to work as well."""
    [example] = [block for block in section.blocks if block.language == "rust"]
    path = re.fullmatch(r"<!-- example: (.*) -->", example.remark).group(1)
    suite, module = re.fullmatch(r"tests/suites/(\w+)/(\w+)\.rs", path).groups()
    (CLONE / path).write_text(example.text)
    insert(CLONE / f"tests/suites/{suite}.rs", r"^mod ", f"mod {module};\n")
    insert(CLONE / "tests/requirements.toml", r"^    \"", f'    "{suite}::{module}",\n')
    git("add", "--intent-to-add", path, cwd=CLONE)
    section.run(f"cargo xtask test {module}")
    check(names(last_run()) == [EXAMPLE], "it is what ran")
    section.shell.run(f"rustfmt --check --edition 2024 {path}")


def insert(path, before, line):
    """Inserts a line before the first that matches."""
    text = path.read_text()
    place = re.search(before, text, re.MULTILINE)
    check(place, f"{path} has a place for `{line.strip()}`")
    path.write_text(text[: place.start()] + line + text[place.start() :])


def performance(section, context):
    section.run("cargo xtask test --suite performance_aws")
    summary = last_run()
    check(all(name.startswith("performance_aws::") for name in names(summary)), "it is that suite")
    check(len(summary["measurements"]) > 10, "and it measured")
    section.run("cargo xtask test --suite performance_aws uploads --samples 1000")
    counts = [measured["latency"]["count"] for measured in last_run()["measurements"]]
    check(counts and min(counts) == 1000, f"so many samples were taken: {counts}")
    with serving(section, "cargo xtask sandbox --latency 20ms --noise 30ms") as exports:
        user = Shell(CLONE, environment())
        user.run(exports)
        of = user.env
        s3 = boto3.client(
            "s3",
            endpoint_url=of["AWS_ENDPOINT_URL"],
            region_name=of["AWS_REGION"],
            aws_access_key_id=of["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=of["AWS_SECRET_ACCESS_KEY"],
        )
        times = [timed(s3.list_buckets) for _ in range(12)]
        check(min(times) >= 0.02, f"an answer takes 20 ms at the least: {times}")
        check(max(times) - min(times) > 0.005, f"and not always the same: {times}")


def timed(call):
    started = time.monotonic()
    call()
    return time.monotonic() - started


def what_a_run_costs(section, context):
    section.shell.env |= context.account.chosen()
    section.run("cargo xtask test --aws --max-cost 0.10")
    cost = last_run()["cost"]
    check(cost["total"] < 0.10 and cost["region"] == REGION, f"it cost less: {cost}")


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


JUDGES = {
    "README.md": {
        "Two commands": two_commands,
        "What just happened": report,
        "On AWS": on_aws,
        "Other servers": other_servers,
        "On several machines": on_several_machines,
        "Permissions": permissions,
        "When something is wrong": when_something_is_wrong,
        "How to write a test": how_to_write_a_test,
        "Performance": performance,
        "What a run costs": what_a_run_costs,
        "How fast": how_fast,
    },
    "docs/app.md": {
        "The app": readme_app.by_itself_begins,
        "By itself": readme_app.by_itself,
        "With S3 and models": readme_app.with_all_of_it,
    },
    "CONTRIBUTING.md": {
        "What has to pass": what_has_to_pass,
        "Add a test": add_a_test,
        "Add a scenario to the performance suite": add_a_scenario,
        "Renew what is generated": renew,
    },
    "tests/comparison/README.md": {
        "The S3 suite against what one would write otherwise": by_hand,
    },
}


if __name__ == "__main__":
    main()
