"""A presigned URL allows what was signed, and nothing else."""

import datetime
import unittest.mock
import urllib.parse

import pytest
import requests

not_by_moto = pytest.mark.xfail(reason="moto verifies no signature and no expiry")


def signed(env, expires_in=60):
    """An object that says "old", and URLs that read and replace it."""
    storage = env.storage("uploads")
    storage.upload("object", b"old")
    get = storage.presign_get("object", expires_in).url
    return storage, get, storage.presign_put("object", expires_in).url


def refused(method, url, code, headers=None):
    """Sends a request that must be refused with this error code."""
    body = b"new" if method == "PUT" else b""
    answer = requests.request(method, url, data=body, headers=headers)
    assert answer.status_code == 403, f"{method} {url}: {answer.text}"
    # Answers to HEAD have no body.
    if method != "HEAD":
        assert f"<Code>{code}</Code>" in answer.text


def with_parameter(url, name, change):
    """The URL with one parameter of its query changed."""
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    query[name] = change(query[name])
    return parts._replace(query=urllib.parse.urlencode(query)).geturl()


@not_by_moto
def test_expired_url_is_refused(env):
    # Signed two seconds ago, so that nobody has to sleep.
    past = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(seconds=2)
    with unittest.mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: past):
        storage, get, put = signed(env, 1)
    refused("GET", get, "AccessDenied")
    refused("PUT", put, "AccessDenied")
    assert storage.download("object") == b"old"


@not_by_moto
def test_a_longer_life_than_signed_is_refused(env):
    _, get, _ = signed(env)
    longer = with_parameter(get, "X-Amz-Expires", lambda _: "3600")
    refused("GET", longer, "SignatureDoesNotMatch")


@not_by_moto
def test_another_key_than_signed_is_refused(env):
    storage, get, put = signed(env)
    storage.upload("object2", b"other")
    for method, url in (("GET", get), ("PUT", put)):
        refused(method, url.replace("/object?", "/object2?"), "SignatureDoesNotMatch")
    assert storage.download("object2") == b"other"


@not_by_moto
def test_a_changed_signature_is_refused(env):
    storage, get, put = signed(env)
    # One digit of it, and all of them.
    changes = [
        lambda old: ("1" if old.startswith("0") else "0") + old[1:],
        lambda old: "0" * len(old),
    ]
    for method, url in (("GET", get), ("PUT", put)):
        for change in changes:
            changed = with_parameter(url, "X-Amz-Signature", change)
            refused(method, changed, "SignatureDoesNotMatch")
    assert storage.download("object") == b"old"


@not_by_moto
def test_an_additional_parameter_is_refused(env):
    _, get, _ = signed(env)
    refused("GET", f"{get}&response-content-type=text%2Fhtml", "SignatureDoesNotMatch")


@not_by_moto
def test_an_unknown_access_key_is_refused(env):
    _, get, _ = signed(env)
    other = with_parameter(
        get, "X-Amz-Credential", lambda old: "AKIAIOSFODNN7EXAMPLE/" + old.partition("/")[2]
    )
    refused("GET", other, "InvalidAccessKeyId")


@pytest.mark.xfail(reason="moto's refusal has no error document")
def test_a_url_without_its_query_is_refused(env):
    storage, get, put = signed(env)
    for method, url in (("GET", get), ("PUT", put)):
        refused(method, url.partition("?")[0], "AccessDenied")
    assert storage.download("object") == b"old"


@not_by_moto
def test_another_method_than_signed_is_refused(env):
    storage, get, put = signed(env)
    for method, url in (
        ("PUT", get),
        ("DELETE", get),
        ("HEAD", get),
        ("GET", put),
        ("DELETE", put),
    ):
        refused(method, url, "SignatureDoesNotMatch")
    assert storage.download("object") == b"old"


@not_by_moto
def test_a_bound_header_that_is_changed_or_missing_is_refused(env):
    storage, _, _ = signed(env)
    url = storage.presign_put("object", 60, "image/png").url
    refused("PUT", url, "SignatureDoesNotMatch", {"content-type": "text/html"})
    refused("PUT", url, "SignatureDoesNotMatch")
    assert storage.download("object") == b"old"
