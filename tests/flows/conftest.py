"""A Prefect server that the tests of this folder share."""

from collections.abc import Iterator

import pytest


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
