"""Where the tests send their requests: moto inside the process, or moto's server beside it."""

import contextlib
import dataclasses
import os
import socket
import subprocess
import sys
import time
import uuid

import boto3
from moto import mock_aws

from storage import PURPOSES, connect
from storage.settings import bucket_variable

REGION = "eu-central-1"


@dataclasses.dataclass(frozen=True)
class Target:
    """An endpoint (`None` inside the process), a client for it, and a bucket for each purpose."""

    session: boto3.Session
    endpoint: str | None
    client: object
    buckets: dict[str, str]

    def new_client(self, **changes):
        """Another client, with something changed."""
        return connect(self.session, **{"endpoint_url": self.endpoint} | changes)

    def with_new_buckets(self) -> "Target":
        """The same place, with buckets that nobody else uses."""
        buckets = {purpose: f"own-{uuid.uuid4().hex[:8]}-{purpose}" for purpose in PURPOSES}
        for bucket in buckets.values():
            create_bucket(self.client, bucket)
        return dataclasses.replace(self, buckets=buckets)

    def variables(self) -> dict[str, str]:
        """The app's settings that depend on the target."""
        buckets = {bucket_variable(purpose): name for purpose, name in self.buckets.items()}
        return buckets | {"AWS_REGION": REGION, "STORAGE_BACKEND": "s3"}


@contextlib.contextmanager
def start(mode: str):
    """The target of a session."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "moto", "AWS_SECRET_ACCESS_KEY": "moto"}
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
    # No profile of a developer.
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        os.environ.pop(name, None)
    with mock_aws_here() if mode == "in-process" else server() as endpoint:
        session = boto3.Session()
        client = connect(session, endpoint_url=endpoint)
        yield Target(session, endpoint, client, {}).with_new_buckets()


@contextlib.contextmanager
def mock_aws_here():
    """No endpoint: moto answers within boto3."""
    with mock_aws():
        yield None


@contextlib.contextmanager
def server():
    """moto's server, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = (sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(port: int, process: subprocess.Popen) -> None:
    """Waits until the server takes connections."""
    for _ in range(2_000):
        if process.poll() is not None:
            raise RuntimeError(f"moto's server ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.005)
    raise RuntimeError("moto's server does not answer")


def create_bucket(client, name: str) -> None:
    """Creates a bucket in the region of the tests."""
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
