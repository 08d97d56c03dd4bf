"""What a message tells of, as plain values that the ledger keeps."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class NoticeFile:
    """A file of a run. code, message: why it was not imported. failed_rows: of it."""

    name: str
    file_no: int = 0
    code: str | None = None
    message: str | None = None
    failed_rows: int = 0


@dataclass(frozen=True)
class Notice:
    """What somebody is to hear.

    to_owner: whether it goes to who corrects the rows, and not to who runs the import.
    succeeded, failed, pending: rows. new, known: open cases that this person has not heard of lately, and the others.
    columns: (header, problems) of the columns with the most. rows_of: the files whose failed rows this person corrects.
    stop: why a whole run was not loaded (`limits`, `database`, `system`, `stopped`, `left`), or that a `source` was not
        read, or the database is `away`. stopped_by: the same in English. raised_limits: the options of `resume` that
        let it pass.
    well_again: after a trouble that somebody heard of.
    takes_replies: whether corrected rows may come back as a reply. in_reply_to: the Message-ID of the mail that is
        answered, without brackets.
    held_back: (run, rows, the options of `resume` that let it pass) of the runs that their limits stopped and of which
        failed rows came back: their other rows wait.
    folder: the drop folder. takes_files: whether corrected rows can be put there.
    arrived: what came into it that is not imported again.
    within: minutes in which something was to come; last: when something came last.
    """

    kind: str
    at: datetime
    language: str
    to_owner: bool = False
    files: tuple[NoticeFile, ...] = ()
    run: str | None = None
    succeeded: int = 0
    failed: int = 0
    pending: int = 0
    new: int = 0
    known: int = 0
    columns: tuple[tuple[str, int], ...] = ()
    rows_of: tuple[int, ...] = ()
    stop: str | None = None
    stopped_by: str | None = None
    raised_limits: str | None = None
    well_again: bool = False
    takes_replies: bool = False
    in_reply_to: str | None = None
    held_back: tuple[tuple[str, int, str], ...] = ()
    folder: str | None = None
    takes_files: bool = True
    arrived: str | None = None
    within: int | None = None
    last: datetime | None = None

    @property
    def needs_correction(self) -> bool:
        """Whether rows failed that nobody corrected elsewhere or ignored meanwhile."""
        return self.failed > 0 and self.new + self.known > 0

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self), default=str, ensure_ascii=False)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "Notice":
        """The notice of what `to_json` wrote, parsed."""
        read = dict(facts)
        read["files"] = tuple(NoticeFile(**file) for file in read["files"])
        read["columns"] = tuple((header, count) for header, count in read["columns"])
        read["rows_of"] = tuple(read["rows_of"])
        read["held_back"] = tuple((run, rows, options) for run, rows, options in read.get("held_back", ()))
        for name in ("at", "last"):
            read[name] = datetime.fromisoformat(read[name]) if read[name] else None
        return cls(**read)
