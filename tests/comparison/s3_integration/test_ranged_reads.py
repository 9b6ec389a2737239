"""A range is read, and nothing else."""

import pytest

from storage import ByteRange
from storage.errors import RangeNotSatisfiable


def test_ranges_are_cut_as_http_has_it(env):
    for storage in env.each_storage():
        storage.upload("digits", b"0123456789")
        for wanted, expected in (
            (ByteRange.closed(0, 0), b"0"),
            (ByteRange.closed(2, 4), b"234"),
            (ByteRange.closed(8, 99), b"89"),
            (ByteRange.from_(7), b"789"),
            (ByteRange.suffix(2), b"89"),
            (ByteRange.suffix(99), b"0123456789"),
        ):
            assert storage.download_range("digits", wanted) == expected, wanted


def test_a_range_tells_the_size_of_the_whole(env):
    for storage in env.each_storage():
        storage.upload("digits", b"0123456789")
        download = storage.download_range_stream("digits", ByteRange.from_(7))
        assert (download.start, download.end, download.metadata.size) == (7, 10, 10)
        assert download.content_range == "bytes 7-9/10"
        assert download.read() == b"789"


def test_a_range_without_a_byte_is_a_typed_error(env):
    for storage in env.each_storage():
        storage.upload("digits", b"0123456789")
        storage.upload("empty", b"")
        for key, wanted in (
            ("digits", ByteRange.from_(10)),
            ("digits", ByteRange.closed(10, 20)),
            ("empty", ByteRange.from_(0)),
        ):
            with pytest.raises(RangeNotSatisfiable) as error:
                storage.download_range(key, wanted)
            assert error.value.wanted == wanted
