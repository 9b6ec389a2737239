"""Names of objects, prefixes of them, and metadata: what S3 would take unchanged."""

import re
import unicodedata
import uuid

from .errors import InvalidKey, InvalidMetadata, TooLongWithPrefix

MAX_KEY_BYTES = 1024
MAX_METADATA_BYTES = 2048


def check(key: str) -> str:
    """Insists that a text is a key."""
    if not key:
        raise InvalidKey("key is empty")
    _check_text(key)
    _check_segments(key.split("/"))
    return key


def check_prefix(prefix: str) -> str:
    """Insists that a text can be what keys start with."""
    _check_text(prefix)
    _check_segments(prefix.split("/")[:-1])
    return prefix


def check_key_prefix(prefix: str) -> str:
    """Insists that `S3_KEY_PREFIX` leaves room for a key, and adds a missing `/` to its end."""
    if not prefix:
        return ""
    folder = prefix if prefix.endswith("/") else f"{prefix}/"
    check(f"{folder}k")
    return folder


def join(key_prefix: str, key: str) -> str:
    """The whole key, as the backend stores it."""
    check(key)
    _check_length(key_prefix, key)
    return check(key_prefix + key)


def join_prefix(key_prefix: str, prefix: str) -> str:
    """The whole prefix of a listing, as the backend knows it."""
    check_prefix(prefix)
    _check_length(key_prefix, prefix)
    return check_prefix(key_prefix + prefix)


def generate(prefix: str, file_name: str) -> str:
    """A key that no other call makes; of the file's name only the extension stays."""
    if prefix and not prefix.endswith("/"):
        raise InvalidKey(f"prefix `{prefix}` does not end in `/`")
    found = re.search(r"[^/\\]\.([0-9A-Za-z]{1,16})$", file_name)
    extension = f".{found[1].lower()}" if found else ""
    return check(f"{prefix}{uuid.uuid4()}{extension}")


def check_metadata(metadata: dict[str, str]) -> None:
    """Insists that S3 would give the metadata back as it was."""
    for name, value in metadata.items():
        if not re.fullmatch("[a-z0-9-]+", name):
            raise InvalidMetadata(f"metadata name {name!r} has other characters than a-z, 0-9, -")
        if value.strip() != value or not re.fullmatch("[ -~]*", value):
            raise InvalidMetadata(f"value of metadata `{name}` is not printable ASCII")
    if sum(len(name) + len(value) for name, value in metadata.items()) > MAX_METADATA_BYTES:
        raise InvalidMetadata(f"metadata has more than {MAX_METADATA_BYTES} bytes")


def _check_length(key_prefix: str, key: str) -> None:
    key_bytes, prefix_bytes = len(key.encode()), len(key_prefix.encode())
    if key_bytes + prefix_bytes > MAX_KEY_BYTES:
        raise TooLongWithPrefix(key_bytes, prefix_bytes)


def _check_text(text: str) -> None:
    if len(text.encode()) > MAX_KEY_BYTES:
        raise InvalidKey(f"key has more than {MAX_KEY_BYTES} bytes of UTF-8")
    if text.startswith("/"):
        raise InvalidKey("key starts with `/`")
    if any(unicodedata.category(c) == "Cc" or c in "\ufffe\uffff" for c in text):
        raise InvalidKey("key has a character that listings cannot carry")


def _check_segments(segments: list[str]) -> None:
    if "." in segments or ".." in segments:
        raise InvalidKey("key has a segment `.` or `..`")
