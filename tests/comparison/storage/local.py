"""Files in a local folder: one per object, named by a digest of its key, which may be any text.

A file is a line of JSON (the key and what is known about the object), and behind it the body."""

import contextlib
import hashlib
import json
import os
import pathlib
import tempfile
import time
from collections.abc import Iterable, Iterator

from . import signed_url
from .errors import AlreadyExists, BadContinuationToken, LocalError, NotFound, RangeNotSatisfiable
from .settings import Settings
from .values import (
    CHUNK_BYTES,
    ByteRange,
    ChunkReader,
    Download,
    Entry,
    ListPage,
    Metadata,
    Uploaded,
)

TOKEN_START = "after:"


class LocalBackend:
    """A folder, and the key that signs its URLs."""

    def __init__(self, settings: Settings, purpose: str):
        self._purpose = purpose
        self._settings = settings
        self._folder = pathlib.Path(settings.local_root, purpose)
        self.place = f"`{self._folder}`"
        with self._errors():
            self._folder.mkdir(parents=True, exist_ok=True)

    def upload(self, key: str, chunks: Iterable[bytes], options) -> Uploaded:
        """Into another file first, so that a reader sees the old object or the new one."""
        body = ChunkReader(chunks, options.content_length)
        digest = hashlib.md5(usedforsecurity=False)
        with self._errors(), contextlib.ExitStack() as on_error:
            handle, spool = tempfile.mkstemp(dir=self._folder, prefix="spool-")
            on_error.callback(os.unlink, spool)
            with open(handle, "wb") as file:
                # Its length is known only when the body has come: room for the line is left.
                file.write(b" " * HEADER_BYTES)
                while chunk := body.read(CHUNK_BYTES):
                    digest.update(chunk)
                    file.write(chunk)
                etag = f'"{digest.hexdigest()}"'
                header = {
                    "key": key,
                    "size": body.read_bytes,
                    "content_type": options.content_type,
                    "etag": etag,
                    "last_modified": int(time.time()),
                    "user": options.metadata,
                }
                file.seek(0)
                file.write(json.dumps(header).encode().ljust(HEADER_BYTES - 1) + b"\n")
            if options.only_if_absent:
                try:
                    os.link(spool, self._file(key))
                except FileExistsError as error:
                    raise AlreadyExists(key, self.place) from error
            else:
                os.replace(spool, self._file(key))
                on_error.pop_all()
        return Uploaded(etag, body.read_bytes)

    def download(self, key: str, wanted: ByteRange | None) -> Download:
        """Opens an object, or a range of it."""
        metadata = self.metadata(key)
        start, end = 0, metadata.size
        if wanted is not None:
            found = wanted.resolve(metadata.size)
            if found is None:
                raise RangeNotSatisfiable(key, wanted)
            start, end = found
        return Download(metadata, start, end, _chunks(self._file(key), start, end))

    def metadata(self, key: str) -> Metadata:
        """What stands in the file's first line."""
        try:
            header = _header(self._file(key))
        except FileNotFoundError as error:
            raise NotFound(key, self.place) from error
        del header["key"]
        return Metadata(**header)

    def delete(self, key: str) -> None:
        """A missing object counts as deleted."""
        with self._errors():
            self._file(key).unlink(missing_ok=True)

    def list_page(self, prefix: str, delimiter: str, page_size: int, token) -> ListPage:
        """One page, by whole keys; a folder counts as one."""
        if token is not None and not token.startswith(TOKEN_START):
            raise BadContinuationToken("token is not one of this listing")
        after = token.removeprefix(TOKEN_START) if token else ""
        rows: dict[str, Entry | None] = {}
        for header in sorted(self._headers(prefix), key=lambda header: header["key"].encode()):
            key = header["key"]
            folder, slash, _ = key[len(prefix) :].partition(delimiter or "\0")
            name = prefix + folder + slash if slash else key
            if name.encode() > after.encode():
                rows.setdefault(name, None if slash else _entry(header))
        names = list(rows)[:page_size]
        entries = [rows[name] for name in names if rows[name] is not None]
        folders = [name for name in names if rows[name] is None]
        more = len(rows) > len(names)
        return ListPage(entries, folders, TOKEN_START + names[-1] if more else None)

    def presign(self, method: str, key: str, expires_in: int, content_type):
        """A URL of the app, and the headers that its signature covers."""
        url = signed_url.sign(
            self._settings, self._purpose, method, key, int(time.time()) + expires_in, content_type
        )
        return url, {} if content_type is None else {"content-type": content_type}

    def verify_presigned(self, method: str, target: str, content_type, now: float) -> str:
        """The whole key that a request may read or write."""
        return signed_url.verify(self._settings, self._purpose, method, target, content_type, now)

    def cdn_url(self, _key: str) -> None:
        """CloudFront cannot read local files."""
        return None

    def _file(self, key: str) -> pathlib.Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()

    def _headers(self, prefix: str) -> Iterator[dict]:
        for file in self._folder.iterdir():
            if not file.name.startswith("spool-"):
                header = _header(file)
                if header["key"].startswith(prefix):
                    yield header

    @contextlib.contextmanager
    def _errors(self):
        try:
            yield
        except OSError as error:
            raise LocalError(f"{self.place}: {error}") from error


# The longest key, every byte of it escaped, and 2 KB of metadata fit in.
HEADER_BYTES = 12 * 1024


def _header(file: pathlib.Path) -> dict:
    with open(file, "rb") as opened:
        return json.loads(opened.read(HEADER_BYTES))


def _chunks(file: pathlib.Path, start: int, end: int) -> Iterator[bytes]:
    with open(file, "rb") as opened:
        opened.seek(HEADER_BYTES + start)
        while start < end:
            chunk = opened.read(min(CHUNK_BYTES, end - start))
            if not chunk:
                raise LocalError(f"`{file}` was cut while it was read")
            start += len(chunk)
            yield chunk


def _entry(header: dict) -> Entry:
    return Entry(header["key"], header["size"], header["etag"], header["last_modified"])
