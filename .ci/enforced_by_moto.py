"""Proves the generated policy by enforcement: moto decides by IAM, a principal holds that policy alone.

With the policy whole, `check` finds nothing denied and the tests pass; with one action taken away,
`check` names that action and the run skips the tests that need it, and no others.
"""

import contextlib
import json
import sys
import urllib.request

import boto3
from against_moto import BUCKETS
from processes import check, environment, free_port, run, server

REGION = "eu-central-1"
USER = "tests"

# Where moto's IAM differs from AWS's (moto 5.2.1). The generated policy stays AWS's; these are
# granted beside it.
BESIDE = [
    # It takes HeadBucket for an action of its own; on AWS it is s3:ListBucket.
    "s3:HeadBucket",
    # It decides DeleteObjects as one s3:DeleteObject on the bucket; on AWS each key is decided by
    # s3:DeleteObject, or s3:DeleteObjectVersion where a version is named.
    "s3:DeleteObject",
]

# What runs: presigned URLs answer 500 while moto enforces, so that tests of those would fail.
TESTS = ["s3_integration::round_trips", "s3_integration::ranged_reads", "s3_integration::streaming"]

# One action that some of these tests need and others do not.
TAKEN_AWAY = "s3:GetObject"


def main():
    port = free_port()
    moto = (sys.executable, ".ci/moto_by_iam.py", "--host", "127.0.0.1", "--port", str(port))
    with server(*moto, env=environment(), port=port) as endpoint:
        iam = boto3.client(
            "iam",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="anybody",
            aws_secret_access_key="anybody",
        )
        iam.create_user(UserName=USER)
        key = iam.create_access_key(UserName=USER)["AccessKey"]
        env = environment(
            AWS_ENDPOINT_URL=endpoint,
            AWS_REGION=REGION,
            AWS_ACCOUNT_ID="123456789012",
            AWS_ACCESS_KEY_ID=key["AccessKeyId"],
            AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"],
            **BUCKETS,
        )
        run("cargo", "xtask", "setup", env=env)
        policy = json.loads(run("cargo", "xtask", "policy", "--for", "tests", env=env))

        hold(iam, policy)
        with enforced(endpoint):
            needing = whole(env)
        hold(iam, without(policy, TAKEN_AWAY))
        with enforced(endpoint):
            one_taken_away(env, needing)
    print("\nthe policy suffices, and what is missing from it is named")


def hold(iam, policy):
    """The user holds this policy, what moto wants beside it, and nothing else."""
    objects = [f"arn:aws:s3:::{bucket}" for bucket in BUCKETS.values()]
    objects += [f"{bucket}/*" for bucket in objects]
    beside = {"Effect": "Allow", "Action": BESIDE, "Resource": objects}
    policy = policy | {"Statement": [*policy["Statement"], beside]}
    iam.put_user_policy(UserName=USER, PolicyName="tests", PolicyDocument=json.dumps(policy))


def without(policy, action):
    """The same policy with one action taken away."""

    def rest(statement):
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        return statement | {"Action": [other for other in actions if other != action]}

    statements = [rest(statement) for statement in policy["Statement"]]
    return policy | {"Statement": [one for one in statements if one["Action"]]}


@contextlib.contextmanager
def enforced(endpoint):
    """Until the block ends moto decides every request by IAM."""
    reset_auth(endpoint, "0")
    yield
    reset_auth(endpoint, "inf")


def reset_auth(endpoint, unchecked):
    """How many requests moto still takes without asking IAM."""
    headers = {"content-type": "text/plain"}
    url = f"{endpoint}/moto-api/reset-auth"
    urllib.request.urlopen(urllib.request.Request(url, unchecked.encode(), headers))


def whole(env):
    """The tests that need what will be taken away."""
    verdicts = json.loads(run("cargo", "xtask", "check", "--json", env=env))
    denied = [row for row in verdicts["permissions"] if row["verdict"] == "denied"]
    check(not denied, f"nothing is denied, but {denied}")
    summary = json.loads(run("cargo", "xtask", "test", "--aws", "--json", *TESTS, env=env))
    check(summary["counts"]["passed"] > 0, "tests passed")
    check(not summary["skipped"], f"no test is skipped, but {summary['skipped']}")
    rows = [row for row in verdicts["permissions"] if row["action"] == TAKEN_AWAY]
    return {test for row in rows for test in row["needed_by"]}


def one_taken_away(env, needing):
    verdicts = json.loads(run("cargo", "xtask", "check", "--json", env=env, expect=1))
    denied = {row["action"] for row in verdicts["permissions"] if row["verdict"] == "denied"}
    check(denied == {TAKEN_AWAY}, f"{TAKEN_AWAY} alone is denied, but {denied}")
    summary = json.loads(run("cargo", "xtask", "test", "--aws", "--json", *TESTS, env=env))
    skipped = {test["name"] for test in summary["skipped"]}
    check(skipped, "some tests are skipped")
    check(summary["counts"]["passed"] > 0, "the others pass")
    for test in summary["skipped"]:
        check(test["reason"]["code"] == "permission-denied", f"{test['name']}: {test['reason']}")
        check(TAKEN_AWAY in test["reason"]["text"], f"{test['reason']} names {TAKEN_AWAY}")
    ran = {test["name"] for test in summary["tests"]}
    check(not any(name.split(" ")[-1] in ran for name in needing), "none that needs it has run")
    check(skipped <= {name.split(" ")[-1] for name in needing}, "each that is skipped needs it")


if __name__ == "__main__":
    main()
