"""A command in a fork is what it is in a process of its own."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.pipeline import app
from tests.pipeline.attendance import FIRST, write
from tests.pipeline.forked import Forked


def test_it_answers_as_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It works in our folder and environment; its exit code, lines and database are the same."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "first.csv", FIRST)
    monkeypatch.setenv("ROLLBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/forked.db")
    forked = app.fork("import", "first.csv")
    out, errors = forked.communicate()
    monkeypatch.setenv("ROLLBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/started.db")
    here = app.run("import", "first.csv", "--out", "out")
    assert (forked.returncode, forked.pid != os.getpid()) == (here.exit, True)
    assert '"state": "with_failures"' in out
    assert errors.replace("forked.db", "started.db") == here.errors
    assert app.enrollments(f"sqlite:///{tmp_path}/forked.db") == app.enrollments(f"sqlite:///{tmp_path}/started.db")


@pytest.mark.parametrize(("sent", "ended"), [(signal.SIGINT, 0), (signal.SIGTERM, -15), (signal.SIGKILL, -9)])
def test_it_hears_signals(tmp_path: Path, sent: int, ended: int) -> None:
    """A dashboard ends well when it is asked to, and at once when it is killed."""
    url = f"sqlite:///{tmp_path}/test.db"
    app.run("import", write(tmp_path / "first.csv", FIRST), "--database", url, "--out", tmp_path / "out")
    served = Forked("dashboard", "--port", "0", "--database", url)
    assert re.search(r"http://127.0.0.1:\d+", served.stderr.readline())
    os.kill(served.pid, sent)
    assert served.communicate() == ("", "")
    assert served.returncode == ended
