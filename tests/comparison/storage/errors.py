"""What can go wrong with stored files."""


class StorageError(Exception):
    """What can go wrong with a stored file; `hint` is the cure where there is one."""

    hint: str | None = None


class NotFound(StorageError):
    """There is no such object; its bucket, or folder, is there."""

    def __init__(self, key: str, place: str):
        super().__init__(f"no object `{key}` in {place}")


class AlreadyExists(StorageError):
    """Something is there, and was to be left alone."""

    def __init__(self, key: str, place: str):
        super().__init__(f"object `{key}` exists already in {place}")


class RangeNotSatisfiable(StorageError):
    """No byte of the object is in the range."""

    def __init__(self, key: str, wanted):
        super().__init__(f"range `{wanted}` holds no byte of object `{key}`")
        self.wanted = wanted


class InvalidKey(StorageError):
    """A text that is no key, or no prefix of keys."""


class TooLongWithPrefix(InvalidKey):
    """The key alone would do, but not behind `S3_KEY_PREFIX`."""

    def __init__(self, key_bytes: int, prefix_bytes: int):
        super().__init__(f"key has {key_bytes} bytes and `S3_KEY_PREFIX` {prefix_bytes}")
        self.key_bytes = key_bytes
        self.prefix_bytes = prefix_bytes


class InvalidMetadata(StorageError):
    """Metadata that S3 would change or refuse."""


class BrokenBody(StorageError):
    """The body that was to be uploaded broke off; nothing was written."""

    def __init__(self, read_bytes: int):
        super().__init__(f"body broke off after {read_bytes} bytes")
        self.read_bytes = read_bytes


class LengthMismatch(StorageError):
    """The body had another length than was said; nothing was written."""


class BadContinuationToken(StorageError):
    """A continuation token that no listing of this backend gave."""


class NotConfigured(StorageError):
    """The storage cannot work with what it was given."""


class LocalError(StorageError):
    """The file system refused."""

    hint = "set `LOCAL_STORAGE_ROOT` to a folder that can be written"


class UrlRefused(StorageError):
    """A presigned URL is refused: `tampered`, `expired`, `method`, `type` or `not local`."""

    def __init__(self, reason: str):
        super().__init__(f"presigned URL is refused: {reason}")
        self.reason = reason


class S3Error(StorageError):
    """S3 refused, or could not be reached."""

    def __init__(self, message: str, *, status=None, code=None, request_id=None, hint=None):
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.hint = hint
