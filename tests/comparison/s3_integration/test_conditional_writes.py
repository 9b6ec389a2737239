"""A write that may not replace anything."""

import concurrent.futures

import pytest

import payload
from storage import MIN_PART_BYTES
from storage.errors import AlreadyExists


def test_nothing_is_replaced(env):
    for storage in env.each_storage():
        storage.upload("object", b"first", only_if_absent=True)
        with pytest.raises(AlreadyExists):
            storage.upload("object", b"second", only_if_absent=True)
        assert storage.download("object") == b"first"


def test_what_was_deleted_may_be_written_again(env):
    for storage in env.each_storage():
        storage.upload("object", b"first", only_if_absent=True)
        storage.delete("object")
        storage.upload("object", b"second", only_if_absent=True)
        assert storage.download("object") == b"second"


def test_of_two_writers_one_wins(env):
    for storage in env.each_storage():
        write = lambda body: storage.upload("object", body, only_if_absent=True)  # noqa: E731
        with concurrent.futures.ThreadPoolExecutor(2) as writers:
            writes = {body: writers.submit(write, body) for body in (b"one", b"two")}
        errors = {body: write.exception() for body, write in writes.items()}
        (winner,) = [body for body, error in errors.items() if error is None]
        (error,) = [error for error in errors.values() if error is not None]
        assert isinstance(error, AlreadyExists)
        assert storage.download("object") == winner


def test_an_upload_of_several_parts_replaces_nothing_either(env):
    for storage in env.each_storage():
        storage.upload("object", b"first")
        body = payload.whole(0, MIN_PART_BYTES + 1)
        with pytest.raises(AlreadyExists):
            storage.upload("object", body, only_if_absent=True, part_size=MIN_PART_BYTES)
        assert storage.download("object") == b"first"
        assert env.unfinished_uploads("uploads") == []
