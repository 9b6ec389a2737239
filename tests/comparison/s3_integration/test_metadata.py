"""What is known about an object besides its bytes."""

import time

import pytest

from storage.errors import InvalidMetadata


def test_size_type_and_user_metadata_come_back(env):
    for storage in env.each_storage():
        user = {"campaign-id": "42", "title": 'Spring; "sale" = 50 %'}
        content_type = "text/html; charset=utf-8"
        storage.upload("page.html", b"<html>", content_type=content_type, metadata=user)
        known = storage.metadata("page.html")
        assert known.size == 6
        assert known.content_type == content_type
        assert known.user == user
        assert storage.download_stream("page.html").metadata == known


def test_an_object_of_no_stated_type_is_bytes(env):
    for storage in env.each_storage():
        storage.upload("unknown", b"?")
        known = storage.metadata("unknown")
        assert known.content_type == "application/octet-stream"
        assert known.user == {}


def test_upload_metadata_and_listing_agree_on_the_etag(env):
    for storage in env.each_storage():
        uploaded = storage.upload("object", b"one")
        assert len(uploaded.etag) > 2
        assert uploaded.etag[0] == uploaded.etag[-1] == '"'
        known = storage.metadata("object")
        (entry,) = storage.list()
        assert known.etag == uploaded.etag
        assert entry.etag == uploaded.etag
        assert entry.last_modified == known.last_modified

        same = storage.upload("object", b"one")
        assert storage.upload("object", b"two").etag != same.etag


def test_last_modified_is_now(env):
    for storage in env.each_storage():
        storage.upload("object", b"x")
        assert abs(storage.metadata("object").last_modified - time.time()) < 15 * 60


def test_metadata_that_s3_would_change_is_refused(env):
    for name, value in [("Title", "x"), ("title", "grün"), ("title", " x"), ("ti tle", "x")]:
        with pytest.raises(InvalidMetadata):
            env.local_storage("uploads").upload("object", b"x", metadata={name: value})
