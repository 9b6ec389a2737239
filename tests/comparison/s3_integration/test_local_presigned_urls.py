"""URLs of local files are signed and verified by the app itself."""

import time
import urllib.parse

import pytest

from odd_keys import ODD_KEYS
from storage.errors import UrlRefused


def request_target(presigned):
    """What a server finds in the first line of the request."""
    url = urllib.parse.urlsplit(presigned.url)
    return f"{url.path}?{url.query}"


def refusal(storage, method, target, content_type=None, now=None):
    """Why a request is refused."""
    with pytest.raises(UrlRefused) as refused:
        storage.verify_presigned(method, target, content_type, now or time.time())
    return refused.value.reason


def test_a_url_opens_its_own_object(env):
    storage = env.local_storage("uploads")
    for key in ODD_KEYS:
        target = request_target(storage.presign_get(key, 60))
        assert storage.verify_presigned("GET", target, None, time.time()) == key


def test_a_url_ends_when_it_says(env):
    storage = env.local_storage("uploads")
    url = storage.presign_get("object", 60)
    target = request_target(url)
    assert storage.verify_presigned("GET", target, None, url.expires_at - 1) == "object"
    assert refusal(storage, "GET", target, now=url.expires_at) == "expired"


def test_a_url_is_for_one_method_one_object_and_one_type(env):
    storage = env.local_storage("uploads")
    target = request_target(storage.presign_put("object", 60, "image/png"))
    assert storage.verify_presigned("PUT", target, "image/png", time.time()) == "object"
    assert refusal(storage, "GET", target, "image/png") == "method"
    assert refusal(storage, "PUT", target, "text/html") == "type"
    elsewhere = target.replace("object?", "object2?")
    assert refusal(storage, "PUT", elsewhere, "image/png") == "tampered"


def test_a_url_of_one_purpose_does_not_open_another(env):
    uploads, exports = env.local_storage("uploads"), env.local_storage("exports")
    target = request_target(uploads.presign_get("object", 60))
    assert refusal(exports, "GET", target) == "tampered"
    assert refusal(exports, "GET", target.replace("uploads", "exports")) == "tampered"


def test_urls_of_s3_are_not_verified_here(env):
    storage = env.storage("uploads")
    target = request_target(storage.presign_get("object", 60))
    assert refusal(storage, "GET", target) == "not local"
