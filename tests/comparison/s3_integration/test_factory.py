"""From settings and a purpose to a place where files are stored."""

import tempfile

import boto3
import pytest

from storage import PURPOSES, Storage, connect
from storage.errors import LocalError, NotConfigured


def test_each_purpose_has_its_own_bucket(env):
    buckets = sorted({env.bucket(purpose) for purpose in PURPOSES})
    for purpose in PURPOSES:
        storage = env.storage(purpose)
        assert storage.purpose == purpose
        storage.upload(purpose, b"x")
        whole_key = f"{env.key_prefix}{purpose}"
        holders = [bucket for bucket in buckets if whole_key in env.keys_in(bucket)]
        assert holders == [env.bucket(purpose)]


def test_each_purpose_has_its_own_folder(env):
    for purpose in PURPOSES:
        storage = env.local_storage(purpose)
        assert storage.purpose == purpose
        storage.upload(purpose, b"x")
    for purpose in PURPOSES:
        assert [entry.key for entry in env.local_storage(purpose).list()] == [purpose]


def test_s3_and_local_files_do_not_mix(env):
    s3, local = env.storage("exports"), env.local_storage("exports")
    s3.upload("on-s3", b"x")
    local.upload("local", b"x")
    assert not local.exists("on-s3")
    assert not s3.exists("local")


def test_keys_are_relative_to_the_configured_prefix(env):
    # Without its `/`, the first would begin the second.
    a = env.storage("exports", S3_KEY_PREFIX=f"{env.key_prefix}a")
    ab = env.storage("exports", S3_KEY_PREFIX=f"{env.key_prefix}ab")
    a.upload("object", b"of a")
    ab.upload("object", b"of ab")
    assert a.download("object") == b"of a"
    assert [entry.key for entry in a.list()] == ["object"]
    keys = sorted(env.keys_in(env.bucket("exports")))
    assert keys == [f"{env.key_prefix}a/object", f"{env.key_prefix}ab/object"]


def test_s3_without_credentials_is_an_error_and_not_local_files(env, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(NotConfigured) as error:
        Storage.new(env.settings(), "uploads", connect(boto3.Session()))
    for name in ("STORAGE_BACKEND", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        assert name in str(error.value)


def test_a_local_root_that_is_no_folder_is_an_error(env):
    with tempfile.NamedTemporaryFile() as file:
        settings = env.settings(STORAGE_BACKEND="local", LOCAL_STORAGE_ROOT=file.name)
        with pytest.raises(LocalError) as error:
            Storage.new(settings, "uploads")
    assert "LOCAL_STORAGE_ROOT" in error.value.hint
