"""What is to be told of a run or a drop folder, recorded in the transaction that decided it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import drops, messages, runs
from ledger.returned import HeldBack, held_back
from pipeline.notifying.recipients import MAIL, Recipient, everybody, is_set, recipients_of
from reports.notifications.notice import Notice, NoticeFile
from rollbook.clock import now
from rollbook.errors import Bug, CannotBegin, DatabaseGone, DatabaseRefused, RollbookError, Stopped
from rollbook.profile import choose_profile
from rollbook.rows.outcomes import LOADED_ALL_THE_SAME

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from ledger.runs import Run, RunFile
    from rollbook.request import Reply, Request
    from rollbook.settings import Settings

# What stays in the folder is met again by every pass: it is told once in a while.
LEFT = frozenset({"file.locked", "file.changed"})
_COLUMNS = 6


@dataclass(frozen=True)
class _Ended:
    """A run that ended: what everybody hears of it. stop, held_back: see Notice.

    solved_for: who heard of a trouble that is over with it, by channel and name.
    """

    connection: Connection
    request: Request
    run: Run
    files: Sequence[RunFile]
    at: datetime
    stop: str | None
    solved_for: Collection[tuple[str, str]]
    held_back: Sequence[HeldBack]


def record_ended(connection: Connection, run_id: str, request: Request) -> None:
    """Record who hears how a run ended; nothing where the request does not want it or nobody is named."""
    if not request.notify or not is_set(request.settings):
        return
    run = runs.find(connection, run_id)
    files = _as_sent(connection, run_id)
    stop = _why_stopped(run)
    waiting = held_back(connection, run)
    went_well = stop is None and not waiting and run.counts.read > run.counts.rejected + run.counts.failed
    solved = _abouts(request, files) if went_well else []
    at = now()
    solved_for = messages.solve(connection, solved, at) if solved else ()
    ended = _Ended(connection, request, run, files, at, stop, solved_for, waiting)
    for recipient in recipients_of(request, files):
        _record(ended, recipient)


def _as_sent(connection: Connection, run_id: str) -> list[RunFile]:
    """The files of a run under the names under which they came, though a pass over a folder may have moved them."""
    files, drop = runs.list_files(connection, run_id), drops.of_run(connection, run_id)
    if drop is None or drop.target is None:
        return files
    return [replace(file, path=drops.path_as_sent(file.path, drop.name, drop.target)) for file in files]


def _why_stopped(run: Run) -> str | None:
    if run.state != runs.STOPPED:
        return None
    return "limits" if run.is_over_limits else "system" if run.is_unanswered else "stopped"


def _abouts(request: Request, files: Sequence[RunFile]) -> list[str]:
    """Whose trouble is over where these files were imported: those of who sent them, and that nothing came."""
    read = [file for file in files if file.code in LOADED_ALL_THE_SAME]
    senders = [about_sender(request, Path(file.path).name, file.profile) for file in read]
    return senders + ([about_folder(request.drop_folder)] if request.drop_folder and read else [])


def about_folder(folder: str) -> str:
    """The key of a drop folder into which nothing came."""
    return messages.hash_of("overdue", folder)


def about_reply(sender: str) -> str:
    """The key of who replies with corrected rows."""
    return messages.hash_of("reply", sender.lower())


def about_sender(request: Request, name: str, profile: str | None) -> str:
    """The key of who sends such files: by their profile, else by the file's name without its numbers and dates."""
    named = next((path for path, text in request.profiles if profile and text == profile), None)
    return messages.hash_of("file", request.drop_folder or "", named or re.sub(r"\d+", "0", name))


def _record(ended: _Ended, recipient: Recipient) -> None:
    notice = _notice(ended, recipient)
    kind = _kind_of_answer(notice) if recipient.is_answered else _kind(ended, notice)
    if kind is None:
        return
    if kind == messages.NOT_LOADED and not recipient.is_answered and _was_told(ended, recipient, notice):
        return
    files = [file for file in ended.files if file.file_no in recipient.files]
    about = about_sender(ended.request, Path(files[0].path).name, files[0].profile) if files else None
    about = about_reply(recipient.name) if recipient.is_answered else about
    messages.record(
        ended.connection,
        kind=kind,
        channel=recipient.channel,
        recipient=recipient.name,
        at=ended.at,
        content=replace(notice, kind=kind).to_json(),
        about=about,
        run_id=ended.run.run_id,
        rows_run_id=ended.run.rows_run_id,
    )


def _notice(ended: _Ended, recipient: Recipient) -> Notice:
    run, numbers = ended.run, recipient.files
    failed_rows: dict[str, int] = run.summary.get("failed_rows", {})
    files = tuple(
        NoticeFile(Path(file.path).name, file.file_no, file.code, file.message, failed_rows.get(str(file.file_no), 0))
        for file in ended.files
        if file.file_no in numbers
    )
    counts, of_all = run.counts, len(numbers) == len(ended.files)
    since = ended.at - ended.request.settings.notify.quiet
    rows_run, who = run.rows_run_id, (recipient.channel, recipient.name)
    new, known = messages.count_open_cases(ended.connection, rows_run, numbers, *who, since) if numbers else (0, 0)
    failing = messages.failing_columns(ended.connection, rows_run, numbers, _COLUMNS) if new or known else []
    reply = ended.request.reply
    succeeded = counts.loaded + counts.updated + counts.unchanged + counts.duplicate
    return Notice(
        kind="loaded",
        at=ended.at,
        language=recipient.language,
        to_owner=recipient.to_owner,
        files=files,
        run=run.run_id,
        succeeded=succeeded if of_all else 0,
        failed=counts.rejected + counts.failed if of_all else sum(file.failed_rows for file in files),
        pending=counts.pending if of_all else 0,
        new=new,
        known=known,
        columns=tuple(failing),
        rows_of=recipient.rows_of,
        stop=ended.stop,
        stopped_by=run.summary.get("stopped_by"),
        raised_limits=run.summary.get(runs.RAISED_LIMITS),
        well_again=(recipient.channel, recipient.name) in ended.solved_for,
        takes_replies=recipient.channel == MAIL and ended.request.settings.reads_replies,
        in_reply_to=reply.message_id if recipient.is_answered and reply else None,
        held_back=tuple((one.run, one.rows, one.raised_limits) for one in ended.held_back),
        folder=ended.request.drop_folder,
        takes_files=ended.request.takes_files,
    )


def _kind(ended: _Ended, notice: Notice) -> str | None:
    """The gravest of what there is to tell that the settings want to be told."""
    unread = any(file.code not in LOADED_ALL_THE_SAME for file in notice.files)
    noted = any(file.code is not None for file in notice.files)
    found = {
        "not_loaded": unread or notice.stop is not None,
        "failed": notice.new > 0 or noted or bool(notice.held_back),
        "well_again": notice.well_again,
        "loaded": not unread and notice.stop is None,
    }
    return next((kind for kind, is_so in found.items() if is_so and kind in ended.request.settings.notify.on), None)


def _kind_of_answer(notice: Notice) -> str:
    """Who replied hears of everything, also of what is known or that all is well."""
    if notice.stop is not None or any(file.code not in LOADED_ALL_THE_SAME for file in notice.files):
        return messages.NOT_LOADED
    return "failed" if notice.failed or any(file.code is not None for file in notice.files) else "loaded"


def _was_told(ended: _Ended, recipient: Recipient, notice: Notice) -> bool:
    """Whether it is a trouble that every pass meets again, and they heard of it lately."""
    codes = {file.code for file in notice.files}
    if notice.stop == "limits" or (notice.stop is None and not codes <= LEFT):
        return False
    files = [file for file in ended.files if file.file_no in recipient.files]
    about = about_sender(ended.request, Path(files[0].path).name, files[0].profile) if files else ""
    return _heard(ended.connection, ended.request.settings, recipient, about, _reason(notice), ended.at)


def _reason(notice: Notice) -> list[object]:
    return [notice.stop, [[file.name, file.code] for file in notice.files]]


def _heard(
    connection: Connection, settings: Settings, recipient: Recipient, about: str, reason: list[object], at: datetime
) -> bool:
    told = messages.unsolved(connection, about, recipient.channel, recipient.name, at - settings.notify.quiet)
    return any(_reason(Notice.from_facts(facts)) == reason for facts in told)


def record_left(connection: Connection, request: Request, name: str, error: RollbookError) -> None:
    """Record who hears that a file of a drop folder was not imported and is left where it is."""
    if not request.notify or not is_set(request.settings) or "not_loaded" not in request.settings.notify.on:
        return
    file = NoticeFile(Path(name).name, message=str(error))
    notice = Notice(kind="not_loaded", at=now(), language="en", files=(file,), folder=request.drop_folder)
    about = about_sender(request, file.name, _profile_of(request, name))
    _tell_everybody(connection, request, _of_error(notice, error), about)


def record_refused(connection: Connection, request: Request, file: NoticeFile, reply: Reply | None) -> None:
    """Record who hears that a mail was refused and nothing of it imported: its sender too where they are answered."""
    if not request.notify or not is_set(request.settings):
        return
    notice = Notice(kind=messages.NOT_LOADED, at=now(), language="en", files=(file,), folder=request.drop_folder)
    if messages.NOT_LOADED in request.settings.notify.on:
        answered = [(MAIL, reply.sender)] if reply is not None else []
        _tell_everybody(connection, request, notice, messages.hash_of("refused", file.message or file.name), answered)
    if reply is not None:
        known = replace(file, message=None)  # what they sent is known to them
        answer = replace(notice, files=(known,), language=reply.language, to_owner=True, in_reply_to=reply.message_id)
        messages.record(
            connection,
            kind=notice.kind,
            channel=MAIL,
            recipient=reply.sender,
            at=notice.at,
            content=answer.to_json(),
            about=about_reply(reply.sender),
        )


def record_unreached(connection: Connection, request: Request, error: RollbookError) -> None:
    """Record who hears that a source could not be read at all."""
    if not request.notify or not is_set(request.settings) or "not_loaded" not in request.settings.notify.on:
        return
    notice = Notice(kind="not_loaded", at=now(), language="en", stop="source", stopped_by=str(error))
    notice = replace(notice, folder=request.source)
    _tell_everybody(connection, request, notice, _about_source(request))


def record_reached(connection: Connection, request: Request) -> None:
    """Record who hears that a source can be read again, where somebody heard that it could not."""
    if not request.notify or not is_set(request.settings):
        return
    notice = Notice(kind="well_again", at=now(), language="en", well_again=True, folder=request.source)
    _tell_solved(connection, request, notice, _about_source(request))


def _about_source(request: Request) -> str:
    return messages.hash_of("source", request.source or "")


def _profile_of(request: Request, name: str) -> str | None:
    try:
        return choose_profile(Path(request.drop_folder or "", name), list(request.profiles))
    except CannotBegin:  # several apply, and that may be what is told
        return None


def _of_error(notice: Notice, error: RollbookError) -> Notice:
    (file,) = notice.files
    if isinstance(error, Stopped):
        stop = "database" if isinstance(error, DatabaseGone | DatabaseRefused) else "stopped"
        return replace(notice, stop=stop, stopped_by=str(error))
    return replace(notice, files=(replace(file, code="file.fault" if isinstance(error, Bug) else "left"),))


def record_arrived(connection: Connection, request: Request, name: str) -> None:
    """Record who hears that a file came into a drop folder that was overdue, though it is known and not imported."""
    folder = request.drop_folder
    if folder is None or not request.notify or not is_set(request.settings):
        return
    notice = Notice(kind="well_again", at=now(), language="en", well_again=True, folder=folder, arrived=name)
    _tell_solved(connection, request, notice, about_folder(folder))


def record_overdue(connection: Connection, request: Request, within: int, last: datetime | None) -> None:
    """Record who hears that nothing came into the drop folder. within: minutes."""
    folder = request.drop_folder
    if folder is None or not request.notify or not is_set(request.settings):
        return
    if "overdue" not in request.settings.notify.on:
        return
    notice = Notice(kind="overdue", at=now(), language="en", folder=folder, within=within, last=last)
    _tell_everybody(connection, request, notice, about_folder(folder))


def _tell_solved(connection: Connection, request: Request, notice: Notice, about: str) -> None:
    """A trouble is over: record it for those that the settings name and that heard of it."""
    heard = messages.solve(connection, [about], notice.at)
    if "well_again" in request.settings.notify.on:
        unaware = {(one.channel, one.name) for one in everybody(request.settings)} - heard
        _tell_everybody(connection, request, notice, about, besides=unaware)


def _tell_everybody(
    connection: Connection, request: Request, notice: Notice, about: str, besides: Collection[tuple[str, str]] = ()
) -> None:
    """Record it for those that the settings name, unless they heard of it lately. besides: who does not hear of it."""
    for recipient in everybody(request.settings):
        if (recipient.channel, recipient.name) in besides:
            continue
        if not _heard(connection, request.settings, recipient, about, _reason(notice), notice.at):
            messages.record(
                connection,
                kind=notice.kind,
                channel=recipient.channel,
                recipient=recipient.name,
                at=notice.at,
                content=replace(notice, language=recipient.language).to_json(),
                about=about,
            )
