"""What goes in and out of a storage besides bytes."""

import dataclasses
import re
from collections.abc import Iterable, Iterator

from .errors import BrokenBody, LengthMismatch

CHUNK_BYTES = 64 * 1024


@dataclasses.dataclass(frozen=True)
class ByteRange:
    """One range of bytes, as in an HTTP `Range` header."""

    first: int | None = None
    last: int | None = None

    @classmethod
    def closed(cls, first: int, last: int) -> "ByteRange":
        """From `first` to `last`, both included."""
        if first > last:
            raise ValueError(f"range ends at byte {last}, before it starts at byte {first}")
        return cls(first, last)

    @classmethod
    def from_(cls, first: int) -> "ByteRange":
        """Everything from `first` on."""
        return cls(first)

    @classmethod
    def suffix(cls, length: int) -> "ByteRange":
        """The last `length` bytes."""
        return cls(None, length)

    def __str__(self) -> str:
        first = "" if self.first is None else self.first
        return f"bytes={first}-{'' if self.last is None else self.last}"

    def resolve(self, size: int) -> tuple[int, int] | None:
        """Start and end (not included) in an object of `size` bytes; `None` if that is no byte."""
        if self.first is None:
            start, end = max(size - (self.last or 0), 0), size
        else:
            start, end = self.first, size if self.last is None else min(self.last + 1, size)
        return (start, end) if start < end else None


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What is known about an object; `last_modified` in whole seconds."""

    size: int
    content_type: str
    etag: str
    last_modified: int
    user: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Uploaded:
    """What an upload left behind."""

    etag: str
    size: int


@dataclasses.dataclass(frozen=True)
class Entry:
    """An object in a listing."""

    key: str
    size: int
    etag: str
    last_modified: int


@dataclasses.dataclass(frozen=True)
class ListPage:
    """One page of a listing; `next` asks for the one behind it."""

    entries: list[Entry] = dataclasses.field(default_factory=list)
    common_prefixes: list[str] = dataclasses.field(default_factory=list)
    next: str | None = None


@dataclasses.dataclass(frozen=True)
class Presigned:
    """A URL with its own permission inside, and the headers that belong to it."""

    method: str
    url: str = dataclasses.field(repr=False)
    headers: dict[str, str]
    expires_at: int


@dataclasses.dataclass
class Download:
    """An object on its way out; `start` and `end` are offsets of what comes."""

    metadata: Metadata
    start: int
    end: int
    chunks: Iterator[bytes]

    @property
    def content_length(self) -> int:
        """How many bytes come."""
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """The value of a `Content-Range` header."""
        return f"bytes {self.start}-{self.end - 1}/{self.metadata.size}"

    def read(self) -> bytes:
        """The whole body at once."""
        return b"".join(self.chunks)


class ChunkReader:
    """Cuts chunks into pieces of one size; insists on the length that was said."""

    def __init__(self, chunks: Iterable[bytes], expected: int | None):
        self._chunks = iter(chunks)
        self._expected = expected
        self._ahead = bytearray()
        self._ended = False
        self.read_bytes = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes; fewer only at the end."""
        while not self._ended and len(self._ahead) < size:
            self._fetch()
        taken = bytes(self._ahead[:size])
        del self._ahead[: len(taken)]
        return taken

    def _fetch(self) -> None:
        try:
            chunk = next(self._chunks, None)
        except Exception as error:
            raise BrokenBody(self.read_bytes) from error
        if chunk is None:
            self._ended = True
        else:
            self._ahead += chunk
            self.read_bytes += len(chunk)
        over = self._expected is not None and self.read_bytes > self._expected
        short = self._ended and self._expected not in (None, self.read_bytes)
        if over or short:
            raise LengthMismatch(f"body has not the {self._expected} bytes that were said")


def parse_content_range(text: str) -> tuple[int, int, int]:
    """Start, end (not included) and whole size."""
    first, last, size = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", text).groups()
    return int(first), int(last) + 1, int(size)
