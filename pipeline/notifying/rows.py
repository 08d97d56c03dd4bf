"""The failed rows that a message is about: attached, or where they are found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ledger import drops, runs
from pipeline.notifying.recipients import MAIL
from reports.notifications.message_text import Place, one_line

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from ledger.messages import Message
    from reports.notifications.notice import Notice
    from rollbook.notify_settings import NotifySettings

# A crash may have left a run without its workbooks; whoever resumes it writes them.
_WAITS_FOR_WORKBOOKS = timedelta(hours=1)


@dataclass(frozen=True)
class Rows:
    """Where the failed rows are, and the workbooks to attach: (name, file)."""

    place: Place
    attachments: tuple[tuple[str, Path], ...] = ()


def is_ready(connection: Connection, message: Message, at: datetime) -> bool:
    """Whether the workbooks that the message speaks of are written, or will not be soon."""
    if message.rows_run_id is None or at - message.recorded_at > _WAITS_FOR_WORKBOOKS:
        return True
    return not runs.find(connection, message.rows_run_id).reports_due


def rows_of(connection: Connection, message: Message, notice: Notice, settings: NotifySettings) -> Rows:
    """Where the failed rows of a message are found, as the settings want it: attached, by a link, or not at all."""
    link = f"{settings.link.rstrip('/')}/runs/{message.run_id}" if settings.link and message.run_id else None
    if message.channel != MAIL or not notice.rows_of or not notice.needs_correction or message.rows_run_id is None:
        return Rows(Place(link=link))
    if settings.rows == "counts":
        return Rows(Place())
    found = _workbooks(connection, message.rows_run_id, notice)
    path = _path(connection, message.rows_run_id, found)
    size = sum(path.stat().st_size for _, path in found)
    if settings.rows == "attach" and found and size <= settings.attach_mib * 2**20:
        return Rows(Place(", ".join(name for name, _ in found), path, link), found)
    if settings.rows == "link" and link:
        return Rows(Place(link=link))
    return Rows(Place(path=path, link=link))


def _workbooks(connection: Connection, run_id: str, notice: Notice) -> tuple[tuple[str, Path], ...]:
    """(name to attach it by, file) of the workbooks of this person's files."""
    from reports.ledger_report import failed_rows_workbooks

    written = failed_rows_workbooks(runs.find(connection, run_id))
    stems = {file.file_no: _stem(file.name) for file in notice.files if file.failed_rows}
    if len(written) == 1 and len(stems) == 1 and set(stems) <= set(notice.rows_of):
        return ((f"{next(iter(stems.values()))}.failed-rows.xlsx", written[0]),)
    mine = {f"failed-rows-{number:04}-": stems[number] for number in notice.rows_of if number in stems}
    found = [(name, path) for name, path in ((mine.get(path.name[:17]), path) for path in written) if name]
    return tuple((f"{name}.failed-rows.xlsx", path) for name, path in found)


def _stem(name: str) -> str:
    """What a workbook is named by: the file that its rows came of, also where that is such a workbook itself."""
    return one_line(PurePosixPath(name).stem.removesuffix(".failed-rows"))


def _path(connection: Connection, run_id: str, found: tuple[tuple[str, Path], ...]) -> str | None:
    """Where a person finds the workbook: beside the file that was dropped, else among the reports."""
    drop = drops.of_run(connection, run_id)
    if drop is not None and drop.target is not None:
        beside = Path(drop.folder, drop.target).with_name(f"{PurePosixPath(drop.target).stem}.failed-rows.xlsx")
        if beside.exists():
            return str(beside)
    return str(found[0][1] if len(found) == 1 else found[0][1].parent) if found else None
