"""Presigned URLs of local files: signed by the app, for a route of the app."""

import hashlib
import hmac
import urllib.parse

from .errors import UrlRefused
from .settings import Settings


def sign(
    settings: Settings, purpose: str, method: str, key: str, expires: int, content_type
) -> str:
    """`BASE/PURPOSE/KEY?method=M&expires=UNIX-SECONDS[&content-type=T]&signature=HEX`."""
    claims = {"method": method, "expires": str(expires)}
    if content_type is not None:
        claims["content-type"] = content_type
    claims["signature"] = _mac(settings, purpose, key, claims)
    path = urllib.parse.quote(key[len(settings.key_prefix) :], safe="/")
    query = urllib.parse.urlencode(claims)
    return f"{settings.local_base_url.rstrip('/')}/{purpose}/{path}?{query}"


def verify(settings: Settings, purpose: str, method: str, target: str, content_type, now) -> str:
    """The whole key that a request may read or write; the signature is checked first."""
    path, _, query = target.partition("?")
    base = f"{urllib.parse.urlsplit(settings.local_base_url).path.rstrip('/')}/{purpose}/"
    claims = dict(urllib.parse.parse_qsl(query))
    signature = claims.pop("signature", "")
    if not path.startswith(base):
        raise UrlRefused("tampered")
    key = settings.key_prefix + urllib.parse.unquote(path.removeprefix(base))
    if not hmac.compare_digest(signature, _mac(settings, purpose, key, claims)):
        raise UrlRefused("tampered")
    if now >= int(claims["expires"]):
        raise UrlRefused("expired")
    if claims["method"] != method:
        raise UrlRefused("method")
    if claims.get("content-type", content_type) != content_type:
        raise UrlRefused("type")
    return key


def _mac(settings: Settings, purpose: str, key: str, claims: dict[str, str]) -> str:
    text = "\n".join([purpose, key, *(f"{name}={value}" for name, value in claims.items())])
    return hmac.new(settings.signing_key.encode(), text.encode(), hashlib.sha256).hexdigest()
