"""Public addresses behind CloudFront: a matter of settings and spelling, no request is made."""

import urllib.parse

import pytest

from storage.errors import InvalidKey

DOMAIN = "d1234567890.cloudfront.net"


def test_a_key_is_percent_encoded_below_the_domain(env):
    storage = env.storage("creatives", CLOUDFRONT_DOMAIN=DOMAIN, S3_KEY_PREFIX="")
    for key, url in {
        "banner.png": "https://d1234567890.cloudfront.net/banner.png",
        "a b+c.png": "https://d1234567890.cloudfront.net/a%20b%2Bc.png",
        "50%.png": "https://d1234567890.cloudfront.net/50%25.png",
        "%2F": "https://d1234567890.cloudfront.net/%252F",
        "a?b#c&d": "https://d1234567890.cloudfront.net/a%3Fb%23c%26d",
        "\"'<>": "https://d1234567890.cloudfront.net/%22%27%3C%3E",
        "größe/\U0001f980": "https://d1234567890.cloudfront.net/gr%C3%B6%C3%9Fe/%F0%9F%A6%80",
        "caf\u00e9": "https://d1234567890.cloudfront.net/caf%C3%A9",
        "cafe\u0301": "https://d1234567890.cloudfront.net/cafe%CC%81",
        "a//b/": "https://d1234567890.cloudfront.net/a//b/",
    }.items():
        assert storage.cdn_url(key) == url


def test_the_address_is_that_of_the_whole_key(env):
    storage = env.storage("creatives", CLOUDFRONT_DOMAIN=DOMAIN)
    url = urllib.parse.urlsplit(storage.cdn_url("banner.png"))
    assert url.path == f"/{env.key_prefix}banner.png"


def test_without_a_domain_there_is_no_address(env):
    storage = env.storage("creatives", CLOUDFRONT_DOMAIN="")
    assert storage.cdn_url("banner.png") is None
    assert env.local_storage("creatives").cdn_url("banner.png") is None


def test_a_key_that_no_object_can_have_has_no_address(env):
    storage = env.storage("creatives", CLOUDFRONT_DOMAIN=DOMAIN)
    room = 1024 - len(env.key_prefix)
    assert storage.cdn_url("k" * room)
    with pytest.raises(InvalidKey):
        storage.cdn_url("k" * (room + 1))
