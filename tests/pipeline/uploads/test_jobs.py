"""The process that works on an upload, started as the program starts it."""

from pathlib import Path

import pytest

from ledger.database import open_database
from pipeline.uploads import jobs
from pipeline.uploads.importing import Importing
from pipeline.uploads.store import FILES, JOB, Upload, write_json
from rollbook.errors import CannotBegin
from rollbook.settings import Settings

SHEET = "Email,Session ID,Status\nann@example.com,S-1,attended\n"


@pytest.fixture
def importing(tmp_path: Path) -> Importing:
    """An installation."""
    settings = Settings(database=f"sqlite:///{tmp_path / 'test.db'}", out=tmp_path / "out")
    return Importing(settings, open_database(settings.database, create=True))


def _add(importing: Importing) -> Upload:
    folder = importing.uploads.receive()
    (folder / FILES / "march.csv").write_text(SHEET)
    return importing.uploads.add(folder, ("march.csv",), "ann")


def test_python_itself_starts_it(importing: Importing) -> None:
    """It is told what to do, does it, and says so; meanwhile nobody else may begin, and it can be ended."""
    upload = importing.check(_add(importing))
    with pytest.raises(CannotBegin, match="being worked on"):
        importing.check(upload)
    state = jobs.wait_for(importing.uploads.place(upload), 90)
    assert (state.what, state.running, state.died, state.error) == ("check", False, False, None)
    assert importing.findings(upload)["summary"]["rows"]["loaded"] == 1
    again = importing.check(upload)
    importing.discard(again)
    assert importing.uploads.all() == []


def test_another_process_with_its_number_is_not_it(importing: Importing) -> None:
    """As after the machine was started again."""
    upload = _add(importing)
    write_json(importing.uploads.place(upload) / JOB, {"what": "check", "pid": 1, "begun": 1.0})
    assert importing.standing(upload).stage == "broken"


def test_an_error_is_told_in_a_line(importing: Importing, tmp_path: Path) -> None:
    gone = importing.settings.model_copy(update={"profile": tmp_path / "nowhere"})
    other = Importing(gone, importing._engine)
    upload = other.check(_add(other))
    state = jobs.wait_for(other.uploads.place(upload), 90)
    assert state.error is not None
    assert "There is no profile" in state.error
    assert other.standing(upload).stage == "refused"
