"""What the documents do on AWS and on other servers: an embedded AWS stands for the account."""

import contextlib
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import time

import boto3
from fresh_checkout import CLONE
from processes import check, environment
from readme_runs import last_run, names
from shell import Shell

ROOTS = ("test/", "perf-test/")

# What lies beside the two roots, some of it nearly below them. Nothing may touch it.
BYSTANDERS = ["keep/me", "test", "test-data/x", "a/test/x", "perf-tests/x"]

# The profile and the region that the README names.
PROFILE, REGION = "your-profile", "us-west-2"

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


def what_a_run_costs(section, context):
    section.shell.env |= context.account.chosen()
    section.run("cargo xtask test --aws --max-cost 0.10")
    cost = last_run()["cost"]
    check(cost["total"] < 0.10 and cost["region"] == REGION, f"it cost less: {cost}")


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
