"""Fixtures: one target per session, one place on it per test."""

import pytest

import target as targets
from env import Env


def pytest_addoption(parser):
    """`--moto` says which moto."""
    parser.addoption("--moto", choices=("in-process", "server"), default="in-process")


@pytest.fixture(scope="session")
def target(request):
    """moto, once for all tests of a process."""
    with targets.start(request.config.getoption("--moto")) as started:
        yield started


@pytest.fixture
def env(target, request):
    """A place of the test's own, which is emptied after it."""
    module = request.module.__name__.rpartition(".")[2].removeprefix("test_")
    name = request.node.name.removeprefix("test_")
    with Env.of(target, f"s3_integration.{module}.{name}") as env:
        yield env


@pytest.fixture
def own_target(target):
    """Buckets of the test's own: as near as moto comes to a second server."""
    return target.with_new_buckets()
