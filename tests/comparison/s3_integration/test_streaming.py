"""A large body is sent while it still comes, and not collected first."""

import payload
from storage import MIN_PART_BYTES


def test_parts_are_sent_before_the_body_has_ended(env):
    storage = env.storage("exports")

    def slow():
        # Two parts, since one is always read ahead.
        yield from payload.chunks(0, 2 * MIN_PART_BYTES + 1)
        # A part of it has arrived before the body ends.
        ((key, upload_id),) = env.unfinished_uploads("exports")
        where = {"Bucket": env.bucket("exports"), "Key": key, "UploadId": upload_id}
        assert env.client.list_parts(**where)["Parts"]
        yield b"end"

    uploaded = storage.upload_stream("slow", slow(), part_size=MIN_PART_BYTES)
    assert uploaded.size == 2 * MIN_PART_BYTES + 4
