"""Runs the main job against moto, a server that none of us wrote, and looks with boto3 at what it left."""

import json
import sys

import boto3
from processes import check, environment, free_port, run, server

BUCKETS = {
    "S3_BUCKET_CREATIVES": "moto-creatives",
    "S3_BUCKET_LANDING_PAGES": "moto-landing-pages",
    "S3_BUCKET_EXPORTS": "moto-exports",
    "S3_BUCKET_UPLOADS": "moto-uploads",
}

# What lies beside the two prefixes, some of it nearly below them. Nothing may touch it.
BYSTANDERS = ["keep/me", "test", "testing/x", "a/test/x", "perf-tests/x", "perf-test", "Test/x"]

# Why each of these tests may be skipped on moto; no other test may.
EXPECTED_SKIPS = {
    # It does not look at signatures while its IAM enforcement is off.
    "s3_integration::presigned_url_refusals": "target-lacks-signature-verification",
    # It takes a wrong CRC32.
    "s3_integration::checksums": "target-lacks-checksum-verification",
    # Nothing but the embedded AWS has models that fail on purpose.
    "e2e_model_selection::staged_models": "target-lacks-staged-models",
    # It answers `{}` to every model, and no stream at all: none is named.
    "e2e_model_selection::bedrock_model": "model-not-configured",
    "e2e_model_selection::sagemaker_endpoint": "endpoint-not-configured",
}


def main():
    port = free_port()
    moto = (sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port))
    with server(*moto, env=environment(), port=port) as endpoint:
        env = environment(
            AWS_ENDPOINT_URL=endpoint,
            AWS_REGION="eu-central-1",
            AWS_ACCESS_KEY_ID="moto",
            AWS_SECRET_ACCESS_KEY="moto",
            **BUCKETS,
        )
        s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="eu-central-1",
            aws_access_key_id="moto",
            aws_secret_access_key="moto",
        )
        main_job(env, s3)


def main_job(env, s3):
    first = json.loads(run("cargo", "xtask", "setup", "--json", env=env))
    check(first["changed"], "the first setup creates the buckets")
    second = run("cargo", "xtask", "setup", "--json", env=env)
    check(not json.loads(second)["changed"], "the second setup changes nothing")
    run("cargo", "xtask", "setup", env=env)

    buckets = sorted(set(BUCKETS.values()))
    for bucket in buckets:
        for key in BYSTANDERS:
            s3.put_object(Bucket=bucket, Key=key, Body=key.encode())

    skips(json.loads(run("cargo", "xtask", "test", "--aws", "--json", env=env)))
    leave_things(s3, buckets[0])
    run("cargo", "xtask", "cleanup", "--yes", env=env)
    for bucket in buckets:
        nothing_is_left(s3, bucket)
        everything_else_survived(s3, bucket)
    print("\nnothing is left below test/ and perf-test/; everything else survived")


def skips(summary):
    """The skipped tests are exactly those that moto cannot pass."""
    check(summary["counts"]["passed"] > 0, "tests passed")
    check(summary["counts"]["leaked"] == 0, "no test leaked")
    for test in summary["skipped"]:
        module = module_of(test)
        expected = EXPECTED_SKIPS.get(module)
        check(test["reason"]["code"] == expected, f"{test['name']} may be skipped as {expected}")
    skipped = {module_of(test) for test in summary["skipped"]}
    check(skipped == EXPECTED_SKIPS.keys(), "the modules that moto cannot pass are skipped")
    ran = {module_of(test) for test in summary["tests"]}
    check(not ran & EXPECTED_SKIPS.keys(), "none of their tests ran")


def module_of(test):
    """`SUITE::MODULE`, whatever is below it."""
    return "::".join(test["name"].split("::")[:2])


def leave_things(s3, bucket):
    """What a run that was killed would leave: objects, versions, a delete marker, an upload."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for root in ("test", "perf-test"):
        key = f"{root}/killed-1/some.test/n0/left"
        s3.put_object(Bucket=bucket, Key=key, Body=b"one")
        s3.put_object(Bucket=bucket, Key=key, Body=b"two")
        s3.delete_object(Bucket=bucket, Key=key)
        s3.create_multipart_upload(Bucket=bucket, Key=key)


def nothing_is_left(s3, bucket):
    for prefix in ("test/", "perf-test/"):
        versions = s3.list_object_versions(Bucket=bucket, Prefix=prefix)
        uploads = s3.list_multipart_uploads(Bucket=bucket, Prefix=prefix)
        left = versions.get("Versions", []) + versions.get("DeleteMarkers", [])
        left += [u for u in uploads.get("Uploads", []) if u["Key"].startswith(prefix)]
        check(not left, f"nothing is left below {prefix} in {bucket}, but {left}")


def everything_else_survived(s3, bucket):
    for key in BYSTANDERS:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        check(body == key.encode(), f"{key} in {bucket} is what it was")


if __name__ == "__main__":
    main()
