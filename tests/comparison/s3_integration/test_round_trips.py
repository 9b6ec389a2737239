"""What was uploaded is there, what was replaced or deleted is not."""

import pytest

import payload
from storage import ByteRange
from storage.errors import LengthMismatch, NotFound


def comes_back(env, size):
    for storage in env.each_storage():
        body = payload.whole(0, size)
        uploaded = storage.upload("folder/object.bin", body)
        assert uploaded.size == size
        assert storage.download("folder/object.bin") == body
        assert storage.metadata("folder/object.bin").size == size


def test_empty_body_comes_back(env):
    comes_back(env, 0)


def test_one_kilobyte_comes_back(env):
    comes_back(env, 1024)


def test_hundred_kilobytes_come_back(env):
    comes_back(env, 100 * 1024)


def test_one_megabyte_comes_back(env):
    comes_back(env, 1024 * 1024)


def test_overwriting_replaces_body_and_metadata(env):
    for storage in env.each_storage():
        old = storage.upload("object", b"the longer first body", content_type="text/plain")
        new = storage.upload("object", b"second")
        assert new.etag != old.etag
        assert storage.download("object") == b"second"
        metadata = storage.metadata("object")
        assert (metadata.size, metadata.etag) == (6, new.etag)
        assert metadata.content_type == "application/octet-stream"


def test_missing_object_is_a_typed_error(env):
    for storage in env.each_storage():
        missing = "nobody/wrote/this"
        for read in (
            lambda: storage.download(missing),
            lambda: storage.metadata(missing),
            lambda: storage.download_range(missing, ByteRange.closed(0, 1)),
        ):
            with pytest.raises(NotFound, match=missing):
                read()
        assert not storage.exists(missing)


def test_a_folder_of_an_object_is_not_an_object(env):
    for storage in env.each_storage():
        storage.upload("folder/object", b"x")
        for neighbour in ("folder", "folder/", "folder/obj", "folder/object/"):
            assert not storage.exists(neighbour)
        assert storage.exists("folder/object")


def test_deleting_is_idempotent_and_hits_one_object(env):
    for storage in env.each_storage():
        storage.upload("a", b"x")
        storage.upload("a/b", b"x")
        storage.delete("a")
        assert not storage.exists("a")
        storage.delete("a")
        storage.delete("never/written")
        assert storage.download("a/b") == b"x"


def test_a_body_of_another_length_than_said_is_not_written(env):
    for storage in env.each_storage():
        for said in (3, 5):
            with pytest.raises(LengthMismatch):
                storage.upload_stream("object", [b"four"], content_length=said)
            assert not storage.exists("object")
