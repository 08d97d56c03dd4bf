"""Prefect servers that the tests of this folder share: one in a harness, one that is a process of its own."""

import os
from collections.abc import Iterator

import pytest

from tests.flows.prefect_side import PrefectSide, prefect_server_process


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prefect server of the tests' own, as PREFECT_API_URL names it to users."""
    home = tmp_path_factory.mktemp("prefect")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PREFECT_HOME", str(home))
        patched.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        patched.setenv("DO_NOT_TRACK", "1")
        patched.delenv("PREFECT_API_URL", raising=False)
        from prefect.settings import (
            PREFECT_API_URL,
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
            PREFECT_HOME,
            PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
            temporary_settings,
        )
        from prefect.testing.utilities import prefect_test_harness

        quick = {PREFECT_HOME: home, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
        with temporary_settings(quick), prefect_test_harness(server_startup_timeout=120):
            address = PREFECT_API_URL.value()
            assert address
            with temporary_settings({PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: False}):
                yield address


@pytest.fixture
def prefect_side(prefect_server: str) -> PrefectSide:
    """What that server knows."""
    return PrefectSide(prefect_server, dict(os.environ))


@pytest.fixture(scope="module")
def real_prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectSide]:
    """A Prefect server as people run it: a process of its own, which also works while nobody asks it anything."""
    with prefect_server_process(tmp_path_factory.mktemp("prefect-server")) as server:
        yield server
