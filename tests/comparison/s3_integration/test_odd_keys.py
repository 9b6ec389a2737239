"""Keys are bytes: whatever stands in them, each names its own object."""

import pytest

from odd_keys import ODD_KEYS
from storage import keys
from storage.errors import TooLongWithPrefix


def test_odd_keys_come_back_as_they_were(env):
    for storage in env.each_storage():
        env.for_all(ODD_KEYS, lambda key: storage.upload(key, key.encode()))
        listed = [entry.key for entry in storage.list()]
        assert listed == sorted(ODD_KEYS, key=str.encode)
        env.for_all(ODD_KEYS, lambda key: read_and_delete(storage, key))
        assert list(storage.list()) == []


def read_and_delete(storage, key):
    assert storage.download(key) == key.encode()
    assert storage.metadata(key).size == len(key.encode())
    storage.delete(key)


def test_a_whole_key_of_1024_bytes_is_taken_and_one_of_1025_is_not(env):
    for storage in env.each_storage():
        room = 1024 - len(env.key_prefix)
        # Three bytes each; what is left over is filled up.
        longest_unicode = "語" * (room // 3) + "x" * (room % 3)
        for longest in ("k" * room, longest_unicode):
            storage.upload(longest, b"long")
            assert storage.download(longest) == b"long"
            assert [entry.key for entry in storage.list()] == [longest]
            storage.delete(longest)
        with pytest.raises(TooLongWithPrefix) as error:
            storage.upload("k" * (room + 1), b"long")
        assert error.value.key_bytes + error.value.prefix_bytes == 1025


def test_generated_keys_do_not_collide(env):
    for storage in env.each_storage():
        generated = {keys.generate("images/", "Hero.PNG") for _ in range(10)}
        for key in generated:
            storage.upload(key, b"png")
        listed = [entry.key for entry in storage.list("images/")]
        assert len(listed) == 10
        assert set(listed) == generated
        assert all(key.endswith(".png") for key in listed)
