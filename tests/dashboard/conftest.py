"""What all tests of the pages have."""

import pytest

from tests.dashboard.forked_jobs import fork_jobs


@pytest.fixture(autouse=True)
def _swift_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    fork_jobs(monkeypatch)
