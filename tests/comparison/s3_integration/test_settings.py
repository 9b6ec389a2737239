"""Settings: every problem has the name of its variable, and nothing falls back silently."""

import pytest

from storage.settings import Settings, SettingsError

# A complete set for S3.
S3 = {
    "STORAGE_BACKEND": "s3",
    "AWS_REGION": "us-west-2",
    "S3_BUCKET_CREATIVES": "example-creatives",
    "S3_BUCKET_LANDING_PAGES": "example-landing-pages",
    "S3_BUCKET_EXPORTS": "example-exports",
    "S3_BUCKET_UPLOADS": "example-uploads",
}
REQUIRED = [name for name in S3 if name != "STORAGE_BACKEND"]


def complaints(variables):
    """The variables that are complained about."""
    with pytest.raises(SettingsError) as error:
        Settings.from_vars(variables)
    return sorted(error.value.problems)


def test_the_chosen_backend_is_the_one_that_is_taken():
    assert Settings.from_vars(S3).backend == "s3"
    assert Settings.from_vars(S3 | {"STORAGE_BACKEND": "local"}).backend == "local"
    assert Settings.from_vars({}).backend == "local"


def test_what_s3_needs_is_missed_by_name():
    for name in REQUIRED:
        assert complaints(S3 | {name: ""}) == [name]


def test_buckets_without_a_backend_are_not_taken_for_local_files():
    assert complaints(S3 | {"STORAGE_BACKEND": ""}) == ["STORAGE_BACKEND"]


def test_each_malformed_value_is_named():
    for name, value in (
        ("STORAGE_BACKEND", "S3"),
        ("STORAGE_BACKEND", "azure"),
        ("AWS_REGION", "the moon"),
        ("S3_BUCKET_CREATIVES", "Upper-Case"),
        ("S3_BUCKET_LANDING_PAGES", "s3://with-scheme"),
        ("S3_BUCKET_EXPORTS", "ab"),
        ("S3_BUCKET_UPLOADS", "with/slash"),
        ("CLOUDFRONT_DOMAIN", "https://d1234567890.cloudfront.net"),
        ("CLOUDFRONT_DOMAIN", "d1234567890.cloudfront.net/path"),
        ("S3_KEY_PREFIX", "/leading"),
        ("S3_KEY_PREFIX", "a/../b"),
        ("S3_ADDRESSING_STYLE", "sideways"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:9000"),
        ("LOCAL_STORAGE_BASE_URL", "ftp://example.org"),
        ("LOCAL_STORAGE_SIGNING_KEY", "short"),
    ):
        assert complaints(S3 | {name: value}) == [name], value


def test_half_a_key_pair_is_named():
    half = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}
    assert complaints(S3 | half) == ["AWS_SECRET_ACCESS_KEY"]
    half = {"AWS_SECRET_ACCESS_KEY": "example"}
    assert complaints(S3 | half) == ["AWS_ACCESS_KEY_ID"]


def test_all_problems_are_told_at_once():
    told = complaints({"STORAGE_BACKEND": "s3", "S3_KEY_PREFIX": "/x"})
    assert told == sorted([*REQUIRED, "S3_KEY_PREFIX"])


def test_a_complaint_shows_the_cure_but_no_secret():
    with pytest.raises(SettingsError) as error:
        Settings.from_vars(S3 | {"LOCAL_STORAGE_SIGNING_KEY": "hunter2", "S3_BUCKET_UPLOADS": ""})
    assert "S3_BUCKET_UPLOADS=" in str(error.value)
    assert "app/.env" in str(error.value)
    assert "hunter2" not in str(error.value)
