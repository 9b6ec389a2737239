"""Lets boto3 and the AWS CLI work with the embedded AWS, as `cargo xtask sandbox` runs it."""

import sys

from processes import environment, free_port, run, server

BUCKETS = {
    "S3_BUCKET_CREATIVES": "sandbox-creatives",
    "S3_BUCKET_LANDING_PAGES": "sandbox-landing-pages",
    "S3_BUCKET_EXPORTS": "sandbox-exports",
    "S3_BUCKET_UPLOADS": "sandbox-uploads",
}


def main():
    port = free_port()
    run("cargo", "build", "--quiet", "--package", "xtask", env=environment())
    sandbox = ("target/debug/xtask", "sandbox", "--port", str(port))
    with server(*sandbox, env=environment(), port=port) as endpoint:
        env = environment(AWS_ENDPOINT_URL=endpoint, **credentials(), **BUCKETS)
        run(sys.executable, "sandbox/tests/foreign_clients.py", env=env)


def credentials():
    """What `cargo xtask sandbox` prints: derived from a name, and no secret."""
    return {}


if __name__ == "__main__":
    main()
