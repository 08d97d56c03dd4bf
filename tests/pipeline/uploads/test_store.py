"""Uploads on disk: private, found again, removed when they are old."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.database import open_database
from pipeline.uploads.importing import Importing
from pipeline.uploads.store import FACTS, FILES, Group, Upload, Uploads
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.settings import DashboardSettings, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation."""
    return Settings(database=f"sqlite:///{tmp_path / 'test.db'}", out=tmp_path / "out")


def _add(uploads: Uploads, by: str = "ann") -> Upload:
    folder = uploads.receive()
    (folder / FILES / "march.csv").write_text("Email\n")
    return uploads.add(folder, ("march.csv",), by)


def test_nobody_else_may_read_them(settings: Settings) -> None:
    uploads = Uploads(settings)
    place = uploads.place(_add(uploads))
    for path in (uploads.folder, place, place / FILES):
        assert path.stat().st_mode & 0o077 == 0
    assert (place / FACTS).stat().st_mode & 0o077 == 0


def test_what_was_decided_is_found_again(settings: Settings) -> None:
    uploads = Uploads(settings)
    upload = _add(uploads)
    group = Group((str(uploads.place(upload) / FILES / "march.csv"),), "[dates]\norder = 'DMY'\n", "north.toml")
    saved = uploads.save(upload, groups=(group,), destination="moon", run_id="261130-abcde")
    assert Uploads(settings).find(upload.upload_id) == saved
    assert Uploads(settings).of_run("261130-abcde") == saved
    assert uploads.of_run("261130-xxxxx") is None


@pytest.mark.parametrize("name", ["", "..", "../../etc", "0123456789abcdeg", "0123456789abcdef", "0" * 16 + "\n"])
def test_no_other_folder_can_be_asked_for(settings: Settings, name: str) -> None:
    _add(Uploads(settings))
    assert Uploads(settings).find(name) is None


def test_old_ones_are_removed(settings: Settings) -> None:
    """By the day that they were sent, and what nobody finished sending."""
    kept = settings.model_copy(update={"dashboard": DashboardSettings(upload_days=2)})
    importing = Importing(kept, open_database(kept.database, create=True))
    old, young = _add(importing.uploads), _add(importing.uploads)
    facts = importing.uploads.place(old) / FACTS
    sent = (now() - timedelta(days=3)).isoformat()
    facts.write_text(json.dumps({**json.loads(facts.read_text()), "sent_at": sent}))
    importing.tidy()
    assert importing.uploads.all() == [young]


def test_an_upload_that_is_not_checked_is_not_imported(settings: Settings) -> None:
    importing = Importing(settings, open_database(settings.database, create=True))
    with pytest.raises(CannotBegin, match="check them first"):
        importing.as_checked(_add(importing.uploads))


def test_what_is_kept_is_bounded(settings: Settings) -> None:
    """Twenty times what may be sent at a time."""
    small = settings.model_copy(update={"dashboard": DashboardSettings(upload_mib=1)})
    importing = Importing(small, open_database(small.database, create=True))
    upload = _add(importing.uploads)
    importing.refuse_full()
    with (importing.uploads.place(upload) / FILES / "large.csv").open("wb") as file:
        file.truncate(21 * 2**20)
    with pytest.raises(CannotBegin, match="more than 20 MiB"):
        importing.refuse_full()
    importing.discard(upload)
    importing.refuse_full()


def test_a_folder_that_cannot_be_made_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    elsewhere = settings.model_copy(update={"dashboard": DashboardSettings(uploads=tmp_path / "file" / "uploads")})
    with pytest.raises(CannotBegin, match="cannot be written"):
        Uploads(elsewhere).receive()
