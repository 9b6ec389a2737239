"""What a test is given: a place of its own on the target, and the certainty that it is emptied."""

import concurrent.futures
import contextlib
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator

from storage import Storage
from storage.settings import Settings, bucket_variable
from target import Target

RUN_ID = uuid.uuid4().hex[:8]


class Env:
    """One test's place on the target."""

    def __init__(self, target: Target, test: str, folder: str):
        self.target = target
        self.key_prefix = f"test/{RUN_ID}/{test}/{uuid.uuid4().hex}/"
        self._folder = folder
        self._used: set[str] = set()

    @classmethod
    @contextlib.contextmanager
    def of(cls, target: Target, test: str) -> Iterator["Env"]:
        """Empties the test's place when the block is done, also when it failed."""
        with tempfile.TemporaryDirectory() as folder:
            env = cls(target, test, folder)
            try:
                yield env
            finally:
                env.sweep()

    @property
    def client(self):
        """A client for what the app does not do, but a test needs."""
        return self.target.client

    def storage(self, purpose: str, **changes: str) -> Storage:
        """The app's files of one purpose, on the target, below the test's prefix."""
        self.bucket(purpose)
        return Storage.new(self.settings(**changes), purpose, self.client)

    def local_storage(self, purpose: str) -> Storage:
        """The app's files of one purpose, in a folder of the test's own, below the same prefix."""
        settings = self.settings(STORAGE_BACKEND="local", LOCAL_STORAGE_ROOT=self._folder)
        return Storage.new(settings, purpose)

    def each_storage(self) -> list[Storage]:
        """Uploads on the target, and uploads in local files."""
        return [self.storage("uploads"), self.local_storage("uploads")]

    def settings(self, **changes: str) -> Settings:
        """The app's settings for this test, with some changed; an empty value counts as unset."""
        # The signing key is that of one app, whichever of its storages signs.
        own = {"S3_KEY_PREFIX": self.key_prefix, "LOCAL_STORAGE_SIGNING_KEY": "k" * 32}
        return Settings.from_vars(self.target.variables() | own | changes)

    def bucket(self, purpose: str) -> str:
        """The bucket of a purpose, which is emptied below the test's prefix in the end."""
        name = self.target.variables()[bucket_variable(purpose)]
        self._used.add(name)
        return name

    def keys_in(self, bucket: str) -> list[str]:
        """The whole keys below the test's prefix in a bucket; at most 1,000."""
        found = self.client.list_objects_v2(Bucket=bucket, Prefix=self.key_prefix)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def unfinished_uploads(self, purpose: str) -> list[tuple[str, str]]:
        """Key and id of what was begun, but neither completed nor aborted."""
        bucket = self.bucket(purpose)
        found = self.client.list_multipart_uploads(Bucket=bucket, Prefix=self.key_prefix)
        return [(upload["Key"], upload["UploadId"]) for upload in found.get("Uploads", [])]

    def for_all(self, items: Iterable, work: Callable) -> None:
        """Does the same with each of many."""
        if self.target.endpoint is None:
            # Threads share one interpreter with moto: they only cost.
            for item in items:
                work(item)
        else:
            with concurrent.futures.ThreadPoolExecutor(8) as threads:
                list(threads.map(work, items))

    def sweep(self) -> None:
        """Empties the test's prefix: uploads, versions and delete markers."""
        for bucket in self._used:
            try:
                self._sweep(bucket)
            except Exception as error:
                raise RuntimeError(f"`{bucket}` could not be emptied: {error}") from error

    def _sweep(self, bucket: str) -> None:
        # Nothing outside of the prefix is ever touched, whatever a server lists.
        found = self.client.list_multipart_uploads(Bucket=bucket, Prefix=self.key_prefix)
        for upload in found.get("Uploads", []):
            if upload["Key"].startswith(self.key_prefix):
                self.client.abort_multipart_upload(
                    Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                )
        while True:
            page = self.client.list_object_versions(Bucket=bucket, Prefix=self.key_prefix)
            found = page.get("Versions", []) + page.get("DeleteMarkers", [])
            if not found:
                return
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            deleted = self.client.delete_objects(
                Bucket=bucket, Delete={"Objects": objects, "Quiet": True}
            )
            if deleted.get("Errors"):
                raise RuntimeError(str(deleted["Errors"][0]))
