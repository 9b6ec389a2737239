"""Objects of several parts, up and down as streams."""

import payload
from storage import MIN_PART_BYTES, ByteRange

MIB = 1024 * 1024
TWENTY_MB = 20_000_000


def test_twenty_megabytes_stream_up_and_down(env):
    for storage in env.each_storage():
        # Four parts.
        body = payload.chunks(0, TWENTY_MB)
        uploaded = storage.upload_stream("large.bin", body, part_size=MIN_PART_BYTES)
        assert uploaded.size == TWENTY_MB
        assert storage.metadata("large.bin").etag == uploaded.etag

        download = storage.download_stream("large.bin")
        assert download.content_length == TWENTY_MB
        assert download.metadata.etag == uploaded.etag
        offset = largest = 0
        for chunk in download.chunks:
            assert payload.is_at(offset, chunk), f"wrong bytes after {offset}"
            offset += len(chunk)
            largest = max(largest, len(chunk))
        assert offset == TWENTY_MB
        assert largest < 4 * MIB

        # Across the end of the first part.
        start = 5 * MIB - 10
        read = storage.download_range("large.bin", ByteRange.closed(start, start + 19))
        assert len(read) == 20
        assert payload.is_at(start, read)


def test_an_object_of_several_parts_keeps_its_metadata_and_can_be_replaced(env):
    for storage in env.each_storage():
        storage.upload("video.mp4", b"old")
        size = MIN_PART_BYTES + 1
        storage.upload(
            "video.mp4",
            payload.whole(0, size),
            part_size=MIN_PART_BYTES,
            content_length=size,
            content_type="video/mp4",
        )
        known = storage.metadata("video.mp4")
        assert (known.size, known.content_type) == (size, "video/mp4")
