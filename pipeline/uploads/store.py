"""Uploaded files, each upload in a private folder of its own: what was sent, what is to become of it, what was found.

ID/upload.json     what the pages decide: who sent it, where it goes, the profiles' texts
ID/files/          the files as they were sent
ID/findings.json   what the last check found
ID/job.json        the process that works on it, or did; ID/progress.json how far it is; ID/ended.json how it ended
ID/out/            the reports of the check
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollbook.clock import now
from rollbook.errors import CannotBegin

if TYPE_CHECKING:
    from rollbook.settings import Settings

_ID = re.compile(r"[0-9a-f]{16}")
# A folder into which files are still being received; it is not one of the uploads yet.
_DRAFT = ".receiving-"
# An upload that takes longer was abandoned.
_LONGEST_RECEIVING = timedelta(days=1)
FILES, OUT = "files", "out"
FACTS, FINDINGS, JOB, PROGRESS, ENDED = (f"{name}.json" for name in ("upload", "findings", "job", "progress", "ended"))


@dataclass(frozen=True)
class Group:
    """Files of one upload that are read alike. files: as a run records them; profile: the TOML text to read them under.

    base: the path of the profile of the settings that applies to them; None where none does. before: its text when they
    were looked at first.
    """

    files: tuple[str, ...]
    profile: str = ""
    base: str | None = None
    before: str = ""


@dataclass(frozen=True)
class Upload:
    """What one person sent at one time.

    sent_at: UTC without zone, ISO. files: names. preset: of API calls, the text of the profile that they name.
    groups: how the files are read, once somebody decided that. run_id: the run that imports them, or that checks them
    where a program asked for that. saved: the profiles that were written for such files.
    """

    upload_id: str
    by: str
    sent_at: str
    files: tuple[str, ...]
    destination: str = "database"
    on_existing: str | None = None
    groups: tuple[Group, ...] = ()
    preset: str | None = None
    run_id: str | None = None
    only_check: bool = False
    saved: tuple[str, ...] = ()

    @property
    def sent(self) -> datetime:
        """The moment, UTC without zone."""
        return datetime.fromisoformat(self.sent_at)

    @property
    def title(self) -> str:
        """The names of its files, the first of many."""
        first, rest = ", ".join(self.files[:2]), len(self.files) - 2
        return f"{first} and {rest:,} more" if rest > 0 else first


class Uploads:
    """The uploads of an installation, in one folder that only its user may read."""

    def __init__(self, settings: Settings) -> None:
        self.folder = (settings.dashboard.uploads or settings.out / "uploads").absolute()
        self._kept = timedelta(days=settings.dashboard.upload_days)

    def receive(self) -> Path:
        """A new folder to receive files in; raises CannotBegin where it cannot be made."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = self.folder / f"{_DRAFT}{secrets.token_hex(8)}"
            folder.mkdir(mode=0o700)
            (folder / FILES).mkdir(mode=0o700)
        except OSError as error:
            raise CannotBegin(
                f"Files cannot be uploaded, because {self.folder} cannot be written ({error.strerror}). "
                "Ask your administrator."
            ) from None
        return folder

    def add(self, folder: Path, names: tuple[str, ...], by: str, **facts: Any) -> Upload:
        """Make a received folder an upload."""
        upload = Upload(secrets.token_hex(8), by, now().isoformat(timespec="seconds"), names, **facts)
        write_json(folder / FACTS, asdict(upload))
        folder.rename(self.folder / upload.upload_id)
        return upload

    def find(self, upload_id: str) -> Upload | None:
        """The upload of an ID; None where there is none."""
        if not _ID.fullmatch(upload_id):
            return None
        facts = read_json(self.folder / upload_id / FACTS)
        return upload_of(facts) if facts else None

    def of_run(self, run_id: str) -> Upload | None:
        """The upload that a run imports or checks; None where it is gone, or the run came another way."""
        return next((upload for upload in self.all() if upload.run_id == run_id), None)

    def all(self) -> list[Upload]:
        """All of them, the latest first."""
        found = filter(None, (self.find(folder.name) for folder in self._folders()))
        return sorted(found, key=lambda upload: (upload.sent_at, upload.upload_id), reverse=True)

    def save(self, upload: Upload, **changes: Any) -> Upload:
        """Keep what was decided."""
        changed = replace(upload, **changes)
        write_json(self.place(upload) / FACTS, asdict(changed))
        return changed

    def place(self, upload: Upload) -> Path:
        """Its folder."""
        return self.folder / upload.upload_id

    def discard(self, upload: Upload) -> None:
        """Remove it."""
        shutil.rmtree(self.place(upload), ignore_errors=True)

    def size(self) -> int:
        """How much all of them take, in bytes."""
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with suppress(OSError):  # it was removed just now
                    total += Path(folder, name).stat().st_size
        return total

    def old(self) -> list[Upload]:
        """Those that are not kept any longer."""
        return [upload for upload in self.all() if now() - upload.sent > self._kept]

    def sweep(self) -> None:
        """Remove what was being received when its sender, or the dashboard, went."""
        for folder in self.folder.glob(f"{_DRAFT}*"):
            with suppress(OSError):
                if now() - _changed(folder) > _LONGEST_RECEIVING:
                    shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> Iterator[Path]:
        with suppress(OSError):
            yield from self.folder.iterdir()


def upload_of(facts: dict[str, Any]) -> Upload:
    """An upload as it was written down."""
    groups = tuple(Group(**{**each, "files": tuple(each["files"])}) for each in facts["groups"])
    return Upload(**{**facts, "files": tuple(facts["files"]), "saved": tuple(facts["saved"]), "groups": groups})


def read_json(path: Path) -> dict[str, Any]:
    """What a file of ours says; nothing where there is none."""
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return read


def write_json(path: Path, facts: dict[str, Any]) -> None:
    """Write it down, whole or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_text(json.dumps(facts, ensure_ascii=False, default=str), encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(path)


def _changed(path: Path) -> datetime:
    from datetime import UTC

    return datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
