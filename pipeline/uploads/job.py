"""The process that checks or imports an upload: `python -m pipeline.uploads.job`, told on standard input."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger import runs
from ledger.database import open_database
from ledger.dry_run import open_for_rehearsal, rehearsal
from pipeline.execution import ExecutionOptions
from pipeline.lifecycle import beginning, import_found, new_work, perform, resume_run, run_files
from pipeline.options import console_of, request_of
from pipeline.uploads.store import (
    ENDED,
    FACTS,
    FILES,
    FINDINGS,
    OUT,
    PROGRESS,
    Group,
    Upload,
    read_json,
    upload_of,
    write_json,
)
from rollbook.errors import RollbookError
from rollbook.imports import swift_imports
from rollbook.options import Invocation, JudgingOptions
from rollbook.profile import saved_profiles
from rollbook.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run, RunFile
    from pipeline.runner import StepLabel
    from rollbook.request import Request

# How often it is written down how far it is.
_SECONDS = 0.3


def work(text: str) -> int:
    """Do what the text says, and write down how it ended; the exit code."""
    told = json.loads(text)
    folder, settings = Path(told["folder"]), Settings.model_validate(told["settings"])
    upload = upload_of(read_json(folder / FACTS))
    do = {"check": check, "import": import_upload}[told["what"]]
    error = None
    try:
        do(folder, upload, settings)
    except RollbookError as failure:
        error = str(failure)
    except Exception as failure:  # noqa: BLE001 - its text may hold the cells of a row
        error = f"An error in Rollbook ({type(failure).__name__}). Ask your administrator."
    with suppress(FileNotFoundError):  # somebody discarded the upload
        write_json(folder / ENDED, {"error": error})
    return int(error is not None)


def check(folder: Path, upload: Upload, settings: Settings) -> None:
    """Find out how the files would be read and what would become of their rows."""
    with swift_imports():
        from pipeline.output.checked_lines import keep_checked
        from pipeline.uploads.findings import grouped, of_check
    request = _request("check", folder, upload, settings)
    paths = _paths(folder, upload)
    found = run_files(paths, request)
    groups = grouped(request, paths, upload.groups)
    with rehearsal(open_for_rehearsal(settings.database)) as (ledger, existing):
        work = new_work(ledger, request, existing=existing, run_id=upload.run_id if upload.only_check else None)
        found = _read_as(found, [group for group, _ in groups])
        ended = perform(work, _way(folder), beginning(found))
        keep_checked(ledger, ended, work.folder)
        findings = {"groups": [told for _, told in groups], **of_check(ledger, existing, ended, found, groups)}
    write_json(folder / FINDINGS, findings)


def import_upload(folder: Path, upload: Upload, settings: Settings) -> None:
    """Import the files; a run that was broken off is finished."""
    request = _request("import", folder, upload, settings)
    engine = open_database(settings.database, create=False)
    with engine.connect() as connection:
        begun = _begun(connection, upload.run_id)
        if begun is not None:
            resume_run(connection, begun, replace(_way(folder), settings=settings))
            return
        found = _read_as(run_files(_paths(folder, upload), request), upload.groups)
        import_found(connection, request, found, _way(folder), upload.run_id)


def _begun(connection: Connection, run_id: str | None) -> Run | None:
    """The run, where it was begun and is not ended."""
    with connection.begin():
        known = next(iter(runs.find_each(connection, [run_id])), None) if run_id else None
    return known if known and known.is_unfinished else None


def _request(command: str, folder: Path, upload: Upload, settings: Settings) -> Request:
    out = folder / OUT if command == "check" else None
    judging = JudgingOptions(
        to=upload.destination,  # type: ignore[arg-type]
        on_existing=upload.on_existing,  # type: ignore[arg-type]
        by=upload.by,
        out=out,
    )
    if not saved_profiles(settings.profile):
        settings = settings.model_copy(update={"profile": None})
    request = request_of(command, settings, _paths(folder, upload), judging)
    if upload.preset is not None:
        return replace(request, profiles=(("", upload.preset),))
    return request


def _paths(folder: Path, upload: Upload) -> list[str]:
    return [str(folder / FILES / name) for name in upload.files]


def _read_as(found: Sequence[RunFile], groups: Sequence[Group]) -> list[RunFile]:
    """The files under the profiles of their groups; a file of none as the settings say."""
    profiles = {path: group.profile for group in groups for path in group.files}
    return [replace(file, profile=profiles.get(file.path, file.profile or "") or None) for file in found]


def _way(folder: Path) -> ExecutionOptions:
    last = 0.0

    def tell(step: StepLabel) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS:
            last = time.monotonic()
            facts: dict[str, Any] = {
                "verb": step.verb,
                "file": step.file,
                "number": step.number,
                "total": step.total,
            }
            with suppress(OSError):  # it is only shown
                write_json(folder / PROGRESS, facts)

    return ExecutionOptions(console_of(Invocation(quiet=True)), watch=tell)


if __name__ == "__main__":
    sys.exit(work(sys.stdin.read()))
