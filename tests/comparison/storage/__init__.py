"""The app's storage as a Python developer would write it: on S3, or in local files.

Re-creates `app/src/storage.rs` as far as its integration tests look."""

import dataclasses
import time
from collections.abc import Iterable, Iterator

from . import keys
from .errors import NotConfigured, NotFound
from .local import LocalBackend
from .s3 import S3Backend, connect
from .settings import BUCKET_VARIABLES, Settings
from .values import ByteRange, Download, Entry, ListPage, Metadata, Presigned, Uploaded

__all__ = ["ByteRange", "ListPage", "Storage", "connect"]

PURPOSES = tuple(BUCKET_VARIABLES)

# The smallest parts that S3 takes.
MIN_PART_BYTES = 5 * 1024 * 1024

# The limit of Signature Version 4.
MAX_EXPIRY_SECONDS = 7 * 24 * 60 * 60


class Storage:
    """The files of one purpose. Keys are relative to `S3_KEY_PREFIX`."""

    def __init__(self, backend, purpose: str, key_prefix: str):
        self._backend = backend
        self._key_prefix = key_prefix
        self.purpose = purpose

    @classmethod
    def new(cls, settings: Settings, purpose: str, client=None) -> "Storage":
        """The storage for a purpose, where the settings say; S3 needs a client, by `connect`."""
        if settings.backend == "local":
            backend = LocalBackend(settings, purpose)
        elif client is None:
            raise NotConfigured("`STORAGE_BACKEND` is `s3`, but there is no client for it")
        else:
            backend = S3Backend(settings, purpose, client)
        return cls(backend, purpose, settings.key_prefix)

    def __repr__(self) -> str:
        return f"Storage({self._backend.place})"

    def upload(self, key: str, body: bytes, **options) -> Uploaded:
        """Writes an object, or replaces it as a whole; see `UploadOptions`."""
        return self._backend.upload(self._whole(key), [body], UploadOptions(**options))

    def upload_stream(self, key: str, chunks: Iterable[bytes], **options) -> Uploaded:
        """Writes an object from chunks, without ever holding more of it than a few parts."""
        return self._backend.upload(self._whole(key), chunks, UploadOptions(**options))

    def download(self, key: str) -> bytes:
        """Reads an object as a whole."""
        return self.download_stream(key).read()

    def download_range(self, key: str, wanted: ByteRange) -> bytes:
        """Reads a range of an object."""
        return self.download_range_stream(key, wanted).read()

    def download_stream(self, key: str) -> Download:
        """Opens an object for reading."""
        return self._backend.download(self._whole(key), None)

    def download_range_stream(self, key: str, wanted: ByteRange) -> Download:
        """Opens a range of an object for reading."""
        return self._backend.download(self._whole(key), wanted)

    def metadata(self, key: str) -> Metadata:
        """What is known about an object."""
        return self._backend.metadata(self._whole(key))

    def exists(self, key: str) -> bool:
        """Whether there is such an object; a missing bucket is an error and not a no."""
        try:
            self.metadata(key)
        except NotFound:
            return False
        return True

    def delete(self, key: str) -> None:
        """Deletes an object; a missing one counts as deleted."""
        self._backend.delete(self._whole(key))

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Every object under a prefix, in the order of the keys' bytes."""
        token = None
        while True:
            page = self.list_page(prefix, token=token)
            yield from page.entries
            token = page.next
            if token is None:
                return

    def list_page(
        self, prefix: str = "", *, by_folder=False, page_size=1_000, token: str | None = None
    ) -> ListPage:
        """One page of a listing, by folder where asked for."""
        whole_prefix = keys.join_prefix(self._key_prefix, prefix)
        page = self._backend.list_page(whole_prefix, "/" if by_folder else "", page_size, token)
        cut = len(self._key_prefix)
        entries = [dataclasses.replace(entry, key=entry.key[cut:]) for entry in page.entries]
        return ListPage(entries, [folder[cut:] for folder in page.common_prefixes], page.next)

    def presign_get(self, key: str, expires_in: float) -> Presigned:
        """A URL that reads one object without credentials."""
        return self._presign("GET", key, expires_in, None)

    def presign_put(self, key: str, expires_in: float, content_type=None) -> Presigned:
        """A URL that writes one object without credentials, of exactly this type if given."""
        return self._presign("PUT", key, expires_in, content_type)

    def _presign(self, method: str, key: str, expires_in: float, content_type) -> Presigned:
        if not 1 <= expires_in <= MAX_EXPIRY_SECONDS:
            raise ValueError(f"a URL lives from 1 second to 7 days, not {expires_in} s")
        whole_key = self._whole(key)
        expires_at = int(time.time()) + int(expires_in)
        url, headers = self._backend.presign(method, whole_key, int(expires_in), content_type)
        return Presigned(method, url, headers, expires_at)

    def verify_presigned(self, method: str, target: str, content_type, now: float) -> str:
        """The key that a request with a presigned URL of a local file may read or write."""
        whole_key = self._backend.verify_presigned(method, target, content_type, now)
        return whole_key[len(self._key_prefix) :]

    def cdn_url(self, key: str) -> str | None:
        """The public address of an object behind CloudFront, if there is one."""
        return self._backend.cdn_url(self._whole(key))

    def _whole(self, key: str) -> str:
        return keys.join(self._key_prefix, key)


@dataclasses.dataclass(frozen=True)
class UploadOptions:
    """What an upload takes along besides its bytes."""

    content_type: str = "application/octet-stream"
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    only_if_absent: bool = False
    content_length: int | None = None
    part_size: int = 8 * 1024 * 1024

    def __post_init__(self):
        keys.check_metadata(self.metadata)
