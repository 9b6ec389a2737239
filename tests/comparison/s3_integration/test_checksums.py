"""A body that does not fit its checksum is not stored."""

import pytest
from botocore.exceptions import ClientError

# The body whose checksums are in every catalogue of them.
BODY = b"123456789"
CRC32 = "y/Q5Jg=="
OTHER_CRC32 = "AAAAAA=="

not_by_moto = pytest.mark.xfail(reason="moto verifies no checksum")


def refused(env, code, **checksum):
    """Sends the body with what must be refused, and looks for what is there afterwards."""
    bucket, key = env.bucket("uploads"), f"{env.key_prefix}object"
    with pytest.raises(ClientError) as error:
        env.client.put_object(Bucket=bucket, Key=key, Body=BODY, **checksum)
    assert error.value.response["Error"]["Code"] == code
    assert env.keys_in(bucket) == []


@not_by_moto
def test_wrong_crc32_is_refused(env):
    refused(env, "BadDigest", ChecksumCRC32=OTHER_CRC32)


@not_by_moto
def test_wrong_crc32c_is_refused(env):
    refused(env, "BadDigest", ChecksumCRC32C=OTHER_CRC32)


@not_by_moto
def test_wrong_crc64nvme_is_refused(env):
    refused(env, "BadDigest", ChecksumCRC64NVME="AAAAAAAAAAA=")


@not_by_moto
def test_wrong_sha1_is_refused(env):
    refused(env, "BadDigest", ChecksumSHA1="AAAAAAAAAAAAAAAAAAAAAAAAAAA=")


@not_by_moto
def test_wrong_sha256_is_refused(env):
    zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    refused(env, "BadDigest", ChecksumSHA256=zeros)


@not_by_moto
def test_a_checksum_that_is_none_is_refused(env):
    refused(env, "InvalidRequest", ChecksumCRC32="not base64")


@not_by_moto
def test_a_part_with_a_wrong_checksum_is_refused(env):
    where = {"Bucket": env.bucket("uploads"), "Key": f"{env.key_prefix}object"}
    upload = env.client.create_multipart_upload(ChecksumAlgorithm="CRC32", **where)
    where["UploadId"] = upload["UploadId"]
    with pytest.raises(ClientError) as error:
        env.client.upload_part(PartNumber=1, Body=BODY, ChecksumCRC32=OTHER_CRC32, **where)
    assert error.value.response["Error"]["Code"] == "BadDigest"


@pytest.mark.xfail(reason="moto's HeadObject tells no type of a checksum")
def test_what_the_app_uploads_carries_its_crc32(env):
    env.storage("uploads").upload("object", BODY)
    key = f"{env.key_prefix}object"
    head = env.client.head_object(Bucket=env.bucket("uploads"), Key=key, ChecksumMode="ENABLED")
    assert head["ChecksumCRC32"] == CRC32
    assert head["ChecksumType"] == "FULL_OBJECT"
