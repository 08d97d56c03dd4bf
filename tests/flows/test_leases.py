"""`rollbook serve` and a Prefect server that keeps its concurrency slots in memory."""

from pathlib import Path

import pytest

from tests.flows.test_serve import refusal


def test_a_server_that_forgets_its_slots_is_refused(
    prefect_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut a slot would never be free again."""
    assert prefect_server
    (tmp_path / "drop").mkdir()
    monkeypatch.chdir(tmp_path)
    told = refusal("serve", "--create", "--folder", "drop", "--database", f"sqlite:///{tmp_path / 'rollbook.db'}")
    assert told.startswith("Start the Prefect server with PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE=")
    assert not (tmp_path / "rollbook.db").exists()
