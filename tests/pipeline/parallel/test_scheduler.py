"""Large files are judged in a process of its own: with the same result, whatever becomes of that process."""

import os
from pathlib import Path
from typing import Any

import pytest

import pipeline.open_files
from pipeline.parallel.scheduler import Scheduler
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write, write_settings
from tests.pipeline.workers import workers_of


def imported(folder: Path, name: str) -> dict[str, list[dict[str, Any]]]:
    """What the database holds after an import of two files in parts of two rows."""
    write(folder / "first.csv", FIRST)
    write(folder / "second.csv", SECOND)
    settings = write_settings(folder / "rollbook.toml", part_rows=2)
    url = f"sqlite:///{folder / name}.db"
    words = ("--settings", settings, "--database", url, "--out", folder / "out")
    answer = app.run("import", *sorted(folder.glob("*.csv")), *words)
    assert answer.exit == 1, answer.errors
    return app.contents(url)


@pytest.mark.parametrize("killed_after", [0, 3])
def test_a_process_judges_as_we_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int) -> None:
    """Every file counts as large; a process that dies (0: none does) is replaced."""
    expected = imported(tmp_path, "here")
    monkeypatch.setattr(pipeline.open_files, "LARGE_FILE_BYTES", 1)
    seen: list[int] = []

    def judge(self: Scheduler, *asked: Any) -> Any:
        judged = _judge(self, *asked)
        seen.append(len(workers_of(os.getpid())))
        if len(seen) == killed_after:
            (worker,) = workers_of(os.getpid())
            worker.kill()
        return judged

    _judge = Scheduler.judged_meanwhile
    monkeypatch.setattr(Scheduler, "judged_meanwhile", judge)
    assert imported(tmp_path, "apart") == expected
    assert len(seen) == 7
    assert max(seen) == 1
    assert not workers_of(os.getpid())
    assert not list((tmp_path / "out").glob("*/work"))
