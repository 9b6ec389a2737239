"""Uploads that do not come to their end leave nothing: no object, no part of one."""

import pytest

import payload
from storage import MIN_PART_BYTES
from storage.errors import BrokenBody

MIB = 1024 * 1024


def broken_after(size):
    yield from payload.chunks(0, size)
    raise OSError("the client went away")


def test_a_body_that_breaks_off_leaves_nothing(env):
    for storage in env.each_storage():
        # Within the first part, within the second, and exactly between two.
        for arrived in (1000, 7 * MIB, 10 * MIB):
            with pytest.raises(BrokenBody) as refused:
                storage.upload_stream("broken", broken_after(arrived), part_size=MIN_PART_BYTES)
            assert refused.value.read_bytes == arrived
            assert str(refused.value.__cause__) == "the client went away"
            assert not storage.exists("broken")
            assert env.unfinished_uploads("uploads") == []


def test_a_body_that_breaks_off_leaves_the_old_object(env):
    for storage in env.each_storage():
        storage.upload("replaced", b"old")
        with pytest.raises(BrokenBody):
            storage.upload_stream("replaced", broken_after(6 * MIB), part_size=MIN_PART_BYTES)
        assert storage.download("replaced") == b"old"


def test_an_upload_that_nobody_waits_for_is_aborted(env):
    storage = env.storage("exports")

    # A call that blocks cannot be dropped: it is interrupted while it waits for its body.
    def interrupted():
        yield from payload.chunks(0, 11 * MIB)
        assert len(env.unfinished_uploads("exports")) == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.upload_stream("dropped", interrupted(), part_size=MIN_PART_BYTES)
    assert env.unfinished_uploads("exports") == []
    assert not storage.exists("dropped")
