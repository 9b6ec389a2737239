"""What the app is told from outside, checked as a whole; each problem is named by its variable."""

import dataclasses
import re
import secrets
import urllib.parse
from collections.abc import Callable, Mapping

from . import keys
from .errors import InvalidKey

BUCKET_VARIABLES = {
    "creatives": "S3_BUCKET_CREATIVES",
    "landing-pages": "S3_BUCKET_LANDING_PAGES",
    "exports": "S3_BUCKET_EXPORTS",
    "uploads": "S3_BUCKET_UPLOADS",
}


def bucket_variable(purpose: str) -> str:
    """The variable that names a purpose's bucket."""
    return BUCKET_VARIABLES[purpose]


class SettingsError(Exception):
    """Some variables are missing or malformed: what is wrong, by variable."""

    def __init__(self, problems: dict[str, str]):
        lines = [f"  `{name}`: {problem}\n    `{name}=...`" for name, problem in problems.items()]
        super().__init__(
            "\n".join(["variables are missing or malformed:", *lines])
            + "\n\nhint: set them in the environment or in `app/.env`"
        )
        self.problems = problems


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that the storage is told from outside."""

    backend: str
    region: str | None
    buckets: dict[str, str]
    cdn_domain: str | None
    key_prefix: str
    local_root: str
    local_base_url: str
    signing_key: str = dataclasses.field(repr=False)

    @classmethod
    def from_vars(cls, variables: Mapping[str, str]) -> "Settings":
        """Reads settings from names and values; an empty value counts as unset."""
        reader = _Reader({name: value for name, value in variables.items() if value})
        settings = cls._read(reader)
        if reader.problems:
            raise SettingsError(reader.problems)
        return settings

    @classmethod
    def _read(cls, reader: "_Reader") -> "Settings":
        backend = reader.take("STORAGE_BACKEND", lambda text: text in ("s3", "local"))
        named = [name for name in BUCKET_VARIABLES.values() if name in reader.variables]
        if backend is None and named:
            reader.problems["STORAGE_BACKEND"] = f"not set, although `{named[0]}` is"
        on_s3 = reader.variables.get("STORAGE_BACKEND") == "s3"
        reader.take("S3_ADDRESSING_STYLE", lambda text: text in ("auto", "path", "virtual"))
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
            reader.take(name, _is_web_url)
        reader.pair("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        key_prefix = reader.take("S3_KEY_PREFIX", _is_key_prefix) or ""
        signing_key = reader.take(
            "LOCAL_STORAGE_SIGNING_KEY", lambda text: len(text) >= 32, secret=True
        )
        return cls(
            backend=backend or "local",
            region=reader.take("AWS_REGION", _is_region, required=on_s3),
            buckets={
                purpose: reader.take(name, _is_bucket, required=on_s3)
                for purpose, name in BUCKET_VARIABLES.items()
            },
            cdn_domain=reader.take("CLOUDFRONT_DOMAIN", _is_domain),
            key_prefix=key_prefix
            if key_prefix.endswith("/") or not key_prefix
            else f"{key_prefix}/",
            local_root=reader.variables.get("LOCAL_STORAGE_ROOT", "target/app-files"),
            local_base_url=reader.take("LOCAL_STORAGE_BASE_URL", _is_web_url)
            or "http://127.0.0.1:3000/local-files",
            signing_key=signing_key or secrets.token_hex(32),
        )


class _Reader:
    """Takes values and notes every problem on the way, instead of stopping at the first."""

    def __init__(self, variables: dict[str, str]):
        self.variables = variables
        self.problems: dict[str, str] = {}

    def take(
        self, name: str, is_valid: Callable[[str], bool], *, required=False, secret=False
    ) -> str | None:
        value = self.variables.get(name)
        if value is None:
            if required:
                self.problems[name] = "not set"
            return None
        if not is_valid(value):
            self.problems[name] = "malformed" if secret else f"malformed: {value!r}"
        return value

    def pair(self, one: str, other: str) -> None:
        for missing, given in ((one, other), (other, one)):
            if given in self.variables and missing not in self.variables:
                self.problems[missing] = f"not set, although `{given}` is"


def _is_bucket(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", text) is not None and ".." not in text


def _is_region(text: str) -> bool:
    return re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d+", text) is not None


def _is_domain(text: str) -> bool:
    label = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    return re.fullmatch(rf"{label}(\.{label})+", text) is not None


def _is_web_url(text: str) -> bool:
    url = urllib.parse.urlsplit(text)
    return url.scheme in ("http", "https") and bool(url.hostname)


def _is_key_prefix(text: str) -> bool:
    try:
        keys.check_key_prefix(text)
    except InvalidKey:
        return False
    return True
