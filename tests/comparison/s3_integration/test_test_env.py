"""What the fixture promises every test: a place of its own, and nothing left in it.

Looked at from outside, in buckets of the test's own."""

import pytest

import payload
from env import Env


def left_in(target):
    """How many versions with delete markers, and how many unfinished uploads are there."""
    bucket = target.buckets["uploads"]
    versions = target.client.list_object_versions(Bucket=bucket)
    uploads = target.client.list_multipart_uploads(Bucket=bucket)
    kept = versions.get("Versions", []) + versions.get("DeleteMarkers", [])
    return len(kept), len(uploads.get("Uploads", []))


def litter(env):
    """Leaves an object, a deleted one and an unfinished upload."""
    storage = env.storage("uploads")
    for name in ("kept", "deleted"):
        storage.upload(name, b"one")
        storage.upload(name, b"two")
    storage.delete("deleted")
    where = {"Bucket": env.bucket("uploads"), "Key": f"{env.key_prefix}unfinished"}
    where["UploadId"] = env.client.create_multipart_upload(**where)["UploadId"]
    env.client.upload_part(PartNumber=1, Body=b"part", **where)


def test_a_test_leaves_nothing_behind(own_target):
    with Env.of(own_target, "litter") as env:
        litter(env)
        assert left_in(own_target) == (1, 1)
    assert left_in(own_target) == (0, 0)


def test_a_test_leaves_no_versions_behind(own_target):
    own_target.client.put_bucket_versioning(
        Bucket=own_target.buckets["uploads"], VersioningConfiguration={"Status": "Enabled"}
    )
    with Env.of(own_target, "litter") as env:
        litter(env)
        # Two of each key, and a marker that one is deleted.
        assert left_in(own_target) == (5, 1)
    assert left_in(own_target) == (0, 0)


def test_a_panicking_test_leaves_nothing_behind_and_still_fails(own_target):
    with pytest.raises(AssertionError, match="the reason of the failure"):
        with Env.of(own_target, "litter") as env:
            litter(env)
            raise AssertionError("the reason of the failure")
    assert left_in(own_target) == (0, 0)


def test_a_place_that_cannot_be_emptied_fails_the_test(own_target):
    bucket = own_target.buckets["uploads"]
    with pytest.raises(RuntimeError, match=f"{bucket}.* could not be emptied"):
        with Env.of(own_target, "litter") as env:
            env.storage("uploads")
            own_target.client.delete_bucket(Bucket=bucket)


def test_what_others_wrote_is_not_touched(own_target):
    others = ["test", "test/other-run/a/b/c", "tests/x", "x"]
    for key in others:
        own_target.client.put_object(Bucket=own_target.buckets["uploads"], Key=key, Body=b"x")
    with Env.of(own_target, "litter") as env:
        litter(env)
    assert left_in(own_target) == (len(others), 0)


def test_two_tests_do_not_see_each_other(own_target):
    with Env.of(own_target, "one") as one:
        of_one = one.storage("uploads")
        of_one.upload("object", b"of one")
        with Env.of(own_target, "two") as two:
            assert one.key_prefix != two.key_prefix
            of_two = two.storage("uploads")
            assert list(of_two.list()) == []
            of_two.upload("object", b"of two")
        # Neither written over nor swept away.
        assert of_one.download("object") == b"of one"
    assert left_in(own_target) == (0, 0)


def test_a_chunk_is_known_at_its_own_place_only():
    for start, end in ((0, 1), (5, 200_000), (65_530, 65_540)):
        chunk = payload.whole(start, end)
        assert len(chunk) == end - start
        assert payload.is_at(start, chunk)
    chunk = payload.whole(0, 100_000)
    for elsewhere in (1, 1024, 5 * 1024 * 1024, 8 * 1024 * 1024):
        assert not payload.is_at(elsewhere, chunk)
    changed = bytearray(chunk)
    changed[99_999] ^= 1
    assert not payload.is_at(0, bytes(changed))
