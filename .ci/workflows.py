"""Runs the workflows that go to AWS as `cargo xtask ci` does, and looks with boto3 at what they leave.

`aws.yml` runs against the embedded AWS: its own run's leftovers go, and nothing else does. `cleanup.yml`
runs against moto, where an object can be made a day old.
"""

import contextlib
import datetime
import json
import subprocess

import boto3
from against_moto import BUCKETS, BYSTANDERS, everything_else_survived
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
from processes import WORKSPACE, check, environment, run, sandbox

REGION = "eu-central-1"

# What has to be set on GitHub, as the workflows ask for it.
NAMES = ["AWS_ROLE_ARN", "AWS_REGION", *BUCKETS]
SET = {f"{name}_IS_SET": "true" for name in NAMES}

# The only step that is not an action and runs on GitHub alone.
ELSEWHERE = {"toolchain"}

RUN = "gh-1-1"

# What a run has in the buckets while it goes on.
LIVE = ["test/live-1/_run.json", "test/live-1/some.test/n0/in-use"]

# The exit code of `cargo xtask test` that says nothing against the workflow: the machine was too
# noisy to judge a budget.
INCONCLUSIVE = 25


def main():
    with sandbox() as exports:
        s3 = client(exports["AWS_ENDPOINT_URL"], exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"])
        env = environment(**exports, **SET, RUN_ID=RUN)
        run("cargo", "xtask", "setup", env=env)
        tests_on_aws(s3, env, sorted({exports[name] for name in BUCKETS}))
    with moto() as endpoint:
        s3 = client(endpoint, "moto", "moto")
        env = environment(
            AWS_ENDPOINT_URL=endpoint,
            AWS_REGION=REGION,
            AWS_ACCESS_KEY_ID="moto",
            AWS_SECRET_ACCESS_KEY="moto",
            **BUCKETS,
            **SET,
        )
        run("cargo", "xtask", "setup", env=env)
        old_leftovers(s3, env, sorted(set(BUCKETS.values())))
    print("\nthe workflows of AWS remove what is theirs to remove, and nothing else")


def tests_on_aws(s3, env, buckets):
    """`aws.yml`: the suites run, and what the run left is gone, whatever else lies there."""
    summary = WORKSPACE / f"target/xtask/runs/{RUN}/summary.json"
    summary.unlink(missing_ok=True)
    # What a test of ours that was killed would leave; what other runs did, or are about to do, is theirs.
    own = [f"{root}/{RUN}/some.test/n0/left" for root in ("test", "perf-test")]
    others = ["test/gh-1-12/some.test/n0/left", "perf-test/killed-1/some.test/n0/left", *LIVE]
    fill(s3, buckets, own + others)

    steps = workflow("aws", env, expect={0, 30})
    code = steps["suites on AWS"]["exit_code"]
    check(code in (0, INCONCLUSIVE), f"the suites pass, or cannot be judged, but {code}")
    passed(steps, but={"suites on AWS"})
    document = json.loads(summary.read_text())
    check(document["exit_code"] == code, f"the run's summary says {code}")
    check(document["counts"]["passed"] > 0, "tests passed")
    for bucket in buckets:
        check(below(s3, bucket) == sorted(others), f"others' keys alone are left in {bucket}")
        everything_else_survived(s3, bucket)

    # Nothing that is not configured is green, and the clean-up runs after any failure.
    fill(s3, buckets, own)
    steps = workflow("aws", env | {"AWS_REGION_IS_SET": "false"}, expect={30})
    check(steps["configuration"]["status"] == "failed", "what is not set fails the run")
    check(steps["suites on AWS"]["status"] == "not-run", "no test is started then")
    check(steps["clean-up"]["status"] == "passed", "the clean-up runs all the same")
    for bucket in buckets:
        check(below(s3, bucket) == sorted(others), f"{bucket} is cleaned up all the same")


def old_leftovers(s3, env, buckets):
    """`cleanup.yml`: what is a day old goes; what is younger, or of a run that still is, stays."""
    old = ["test/old-1/some.test/n0/left", "perf-test/old-2/some.test/n0/left"]
    young = ["test/young-1/some.test/n0/left", "perf-test/young-1/some.test/n0/left"]
    # A run is as old as the newest thing of it.
    partly = ["test/long-1/some.test/n0/old", "test/long-1/some.test/n0/young"]
    fill(s3, buckets, old + young + partly + LIVE)
    aged = {old[0]: 25, old[1]: 48, partly[0]: 48, young[0]: 23, LIVE[1]: 48}
    for bucket in buckets:
        for key, hours in aged.items():
            age(bucket, key, hours)
        # By its age alone it would go: it is nobody's leftover.
        age(bucket, BYSTANDERS[0], 48)

    steps = workflow("cleanup", env, expect={0})
    passed(steps)
    for bucket in buckets:
        check(below(s3, bucket) == sorted(young + partly + LIVE), f"what is young is left in {bucket}")
        everything_else_survived(s3, bucket)

    steps = workflow("cleanup", env | {"S3_BUCKET_EXPORTS_IS_SET": "false"}, expect={30})
    check(steps["configuration"]["status"] == "failed", "what is not set fails the run")
    check(steps["leftovers"]["status"] == "not-run", "nothing is removed then")


def workflow(name, env, expect):
    """Runs a workflow; gives its steps by name."""
    command = ("cargo", "xtask", "ci", name, "--json")
    print("\n$", *command, flush=True)
    done = subprocess.run(command, cwd=WORKSPACE, env=env, stdout=subprocess.PIPE, text=True)
    check(done.returncode in expect, f"`{' '.join(command)}` ends with {expect}, not {done.returncode}")
    steps = {step["step"]: step for step in json.loads(done.stdout)["steps"]}
    for step in steps.values():
        if step["status"] == "left-out":
            is_action = step["reason"].endswith("is an action, which GitHub alone runs")
            check(is_action or step["step"] in ELSEWHERE, f"{step['step']} runs here: {step['reason']}")
    return steps


def passed(steps, but=frozenset()):
    """Every step that runs here passed."""
    for name, step in steps.items():
        if step["status"] != "left-out" and name not in but:
            check(step["status"] == "passed", f"the step `{name}` passed, but {step}")


def fill(s3, buckets, keys):
    """Leaves things, and what lies beside the two prefixes."""
    for bucket in buckets:
        for key in [*keys, *BYSTANDERS]:
            s3.put_object(Bucket=bucket, Key=key, Body=key.encode())


def below(s3, bucket):
    """Every version below the two prefixes, by key."""
    versions = []
    for prefix in ("test/", "perf-test/"):
        page = s3.list_object_versions(Bucket=bucket, Prefix=prefix)
        versions += page.get("Versions", []) + page.get("DeleteMarkers", [])
    return sorted(version["Key"] for version in versions)


def client(endpoint, key, secret):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )


@contextlib.contextmanager
def moto():
    """moto in this process, where what it keeps can be changed."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def age(bucket, key, hours):
    """Makes an object older."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    backend = s3_backends["123456789012"]["aws"]
    backend.buckets[bucket].keys[key].last_modified = then.replace(tzinfo=None)


if __name__ == "__main__":
    main()
