"""Presigned URLs let somebody without credentials do one thing with one object."""

import time

import pytest
import requests

import payload
from odd_keys import ODD_KEYS
from storage import MAX_EXPIRY_SECONDS
from storage.errors import InvalidKey


def follow(presigned, body=b""):
    """Does what a presigned URL allows, exactly as it says."""
    return requests.request(presigned.method, presigned.url, data=body, headers=presigned.headers)


def test_an_object_is_read_without_credentials(env):
    storage = env.storage("exports")
    storage.upload("report.csv", b"a,b\n1,2\n", content_type="text/csv")
    url = storage.presign_get("report.csv", 60)
    assert url.headers == {}
    answer = follow(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv"
    assert answer.content == b"a,b\n1,2\n"


def test_an_object_is_written_without_credentials(env):
    storage = env.storage("uploads")
    body = payload.whole(0, 100_000)
    assert follow(storage.presign_put("photo.jpg", 60), body).status_code == 200
    assert storage.download("photo.jpg") == body


def test_a_bound_content_type_is_stored(env):
    storage = env.storage("uploads")
    url = storage.presign_put("photo.png", 60, "image/png")
    assert url.headers["content-type"] == "image/png"
    assert follow(url, b"png").status_code == 200
    assert storage.metadata("photo.png").content_type == "image/png"


def test_odd_keys_are_written_and_read(env):
    storage = env.storage("uploads")

    def write_and_read(key):
        assert follow(storage.presign_put(key, 60), key.encode()).status_code == 200, key
        # By the app, so that two wrong URLs do not agree with each other.
        assert storage.download(key) == key.encode()
        answer = follow(storage.presign_get(key, 60))
        assert answer.status_code == 200, key
        assert answer.content == key.encode()

    env.for_all(ODD_KEYS, write_and_read)


def test_the_longest_key_is_read(env):
    storage = env.storage("exports")
    room = 1024 - len(env.key_prefix)
    # Each of its bytes takes three in a URL.
    storage.upload("+" * room, b"long")
    assert follow(storage.presign_get("+" * room, 60)).content == b"long"
    with pytest.raises(InvalidKey):
        storage.presign_get("+" * (room + 1), 60)


def test_a_url_of_a_missing_object_is_not_found(env):
    answer = follow(env.storage("exports").presign_get("nobody/wrote/this", 60))
    assert answer.status_code == 404
    assert "<Code>NoSuchKey</Code>" in answer.text


def test_a_url_says_when_it_expires(env):
    for storage in env.each_storage():
        for asked in (1, 60, MAX_EXPIRY_SECONDS):
            left = storage.presign_get("object", asked).expires_at - time.time()
            assert asked - 10 < left <= asked


def test_seven_days_are_signed_and_taken(env):
    storage = env.storage("exports")
    storage.upload("object", b"x")
    url = storage.presign_get("object", MAX_EXPIRY_SECONDS)
    assert "X-Amz-Expires=604800" in url.url
    assert follow(url).status_code == 200


def test_lifetimes_that_s3_would_refuse_have_no_type(env):
    for refused in (0, 0.999, MAX_EXPIRY_SECONDS + 1):
        with pytest.raises(ValueError, match="7 days"):
            env.local_storage("uploads").presign_get("object", refused)
