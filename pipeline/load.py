"""The last step of a run: decide, check the accounts and the limits, load, and write the reports.

What is decided and loaded, the counts and the run's state are one transaction, under one lock of the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from destinations.protocol import Policy, RunTerms, Tally
from destinations.registry import DESTINATIONS
from ledger import cases, runs, staging
from ledger.database import is_away
from ledger.lock import hold
from ledger.remote import outbox
from ledger.staging import PART_STEP, Part
from pipeline.failed_rows import Workbooks
from pipeline.faults import FileFault, fail_by_fault, raising_faults
from pipeline.holding import contests, keep_uncontested, waiting
from pipeline.judge import places_of
from pipeline.limits import Exceeded, exceeded, limits_of
from rollbook.clock import now
from rollbook.errors import DatabaseGone, DatabaseRefused, RunIsLive, Stopped
from rollbook.outcomes import ACCEPTED, LOADED, LOADED_ALL_THE_SAME, OUTCOMES, Counts
from rollbook.settings import RestSettings, SmarterUSettings
from transforms.canonical import kept_records
from validators.context import not_checked

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection

    from pipeline.open_files import OpenFiles
    from pipeline.run_context import RunContext
    from pipeline.sheets import OpenSheet
    from rollbook.request import Request

# How long a run waits for another that is loading into the same database.
LOAD_WAIT_SECONDS = 3600.0


@dataclass(frozen=True)
class Settled:
    """How a run ended: its state and exit code, and why it was stopped, if it was."""

    state: str
    exit_code: int
    stopped_by: str | None = None


# The rows wait in the outbox.
DELIVERING = Settled(runs.RUNNING, 0)


@dataclass
class _Account:
    """What the run's last transaction found out, step by step."""

    tally: Tally
    met: cases.Met
    counts: Counts
    by_file: Mapping[int, Counter[str]] = field(default_factory=dict)
    stopped_by: Exceeded | None = None
    delivers: bool = False


def settle(files: OpenFiles) -> Settled:
    """Decide and load what is staged, or stop at the limits; all of it or nothing.

    Where the destination is fed from the outbox, the rows stand there afterwards and the run goes on: see `deliver`.
    """
    work = files.work
    with work.transaction() as connection:
        if outbox.is_recorded(connection, work.run_id):
            return DELIVERING
    with ExitStack() as stack:
        if not work.rehearsal:
            stack.enter_context(_load_lock(work))
        settled = None
        while settled is None:  # once more for each file that fails only now
            settled = _settle_once(files)
    return settled


def _settle_once(files: OpenFiles) -> Settled | None:
    """The end of the run; None where a file failed by a fault, so that all is to be decided again without it."""
    work = files.work
    try:
        with Workbooks(work) as workbooks:
            with _undone_if_it_fails(work) as connection:
                account = _decide_and_load(files, connection, workbooks)
                settled = _finish(work, connection, account)
            workbooks.publish()
    except FileFault as error:
        fail_by_fault(work, error.file_no, error.fault)
        return None
    return settled


@contextmanager
def _undone_if_it_fails(work: RunContext) -> Iterator[Connection]:
    with ExitStack() as stack:
        connection = stack.enter_context(work.transaction())
        if work.rehearsal:  # which is one transaction as a whole
            stack.enter_context(connection.begin_nested())
        yield connection


@contextmanager
def _load_lock(work: RunContext) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(work.connection.engine, "load", wait=LOAD_WAIT_SECONDS))
        except RunIsLive as error:
            raise Stopped(f"{error} Then: rollbook resume {work.run_id}") from None
        yield


def run_terms(work: RunContext) -> RunTerms:
    """What deciding depends on: the policy of every file, where its sheets' fields stand, who does this."""
    request = work.request
    policies, columns = {}, {}
    for file_no in work.files:
        rules = work.profile(file_no).rules
        policies[file_no] = Policy(request.on_conflict or rules.on_conflict, request.on_existing or rules.on_existing)
        columns.update({(file_no, place): places_of(plan) for place, plan in enumerate(work.plans(file_no))})
    return RunTerms(work.run_id, work.started_at, policies, columns, request.by, batch_size_of(request))


def batch_size_of(request: Request) -> int:
    """Rows in a batch, at most, as the settings of the destination's system say; a database has none."""
    section = getattr(request.settings, DESTINATIONS[request.destination].holder, None)
    return section.batch_size if isinstance(section, SmarterUSettings | RestSettings) else 0


def _decide_and_load(files: OpenFiles, connection: Connection, workbooks: Workbooks) -> _Account:
    work = files.work
    destination = DESTINATIONS[work.request.destination]
    contested = contests(work, connection)
    held = {fingerprint: contest.held for fingerprint, contest in contested.items()} | waiting(work, connection)
    terms = replace(run_terms(work), held=held)
    tally = (destination.rehearse if work.rehearsal else destination.decide)(connection, terms)
    _keep_cells(files, connection)
    met = (cases.count_cases if work.rehearsal else cases.record_cases)(connection, work.run_id)
    by_file = by_file_of(tally.by_part)
    counts = counts_of(connection, work.run_id, by_file)
    failed_files = sum(file.code not in LOADED_ALL_THE_SAME for file in work.files.values())
    stopped_by = exceeded(limits_of(work), counts, failed_files)
    delivers = destination.is_outbox and stopped_by is None and not work.rehearsal
    if stopped_by is None and not work.rehearsal:
        keep_uncontested(work, connection, contested)
    if not delivers:
        workbooks.start(connection)
    if stopped_by is None and not work.rehearsal:
        tally = destination.load(connection, terms, tally)
    if delivers:
        by_file = by_file_of(tally.by_part)
        counts = counts_of(connection, work.run_id, by_file)
    if stopped_by is not None:
        staging.set_pending(connection, work.run_id)
        counts = _all_pending(counts)
    return _Account(tally, met, counts, by_file, stopped_by, delivers)


def _keep_cells(files: OpenFiles, connection: Connection) -> None:
    """Rows that deciding rejected keep their raw cells too: looked up in the sheets as read, file by file."""
    run_id = files.work.run_id
    lacking = staging.places_without_cells(connection, run_id)
    for file_no, in_file in lacking.groupby(lacking["part_id"] // PART_STEP):
        for part in staging.parts(connection, run_id, int(file_no)):
            places = in_file[in_file["part_id"] == part.part_id]
            if places.empty:
                continue
            with raising_faults(int(file_no)):
                kept = _kept_of(files, part, places)
            staging.add_cells(connection, run_id, kept.assign(part_id=part.part_id))
        files.release(int(file_no))


def _kept_of(files: OpenFiles, part: Part, places: pd.DataFrame) -> pd.DataFrame:
    sheet = _opened_again(files, part)
    rows = sheet.part(part.first_row, part.last_row)
    found = places.rename(columns={"row_no": "row", "col_no": "col"})[["row", "col"]].reset_index(drop=True)
    kept = kept_records(rows, sheet.marks, sheet.plan, found)
    return kept.rename(columns={"row": "row_no", "col": "col_no"})


def _opened_again(files: OpenFiles, part: Part) -> OpenSheet:
    sheets = files.sheets(part.file_no)
    if not sheets:
        told = files.work.files[part.file_no].message
        raise Stopped(f"{part.source_file}: {told} Nothing was loaded. Then: rollbook resume {files.work.run_id}")
    return sheets[part.sheet_position]


def by_file_of(by_part: Mapping[int, Mapping[str, int]]) -> dict[int, Counter[str]]:
    """File number -> rows by outcome, from the same by part."""
    by_file: dict[int, Counter[str]] = {}
    for part_id, outcomes in by_part.items():
        by_file.setdefault(part_id // PART_STEP, Counter()).update(outcomes)
    return by_file


def failed_rows_of(by_file: Mapping[int, Counter[str]]) -> dict[str, int]:
    """File number, as the run's summary keeps it -> rows that were rejected or failed."""
    return {str(number): rows["rejected"] + rows["failed"] for number, rows in by_file.items()}


def counts_of(connection: Connection, run_id: str, by_file: Mapping[int, Counter[str]]) -> Counts:
    """The accounts as they stand when all that is accepted is loaded; raises AccountsError where a row is missing."""
    read, ignored = staging.count_read(connection, run_id)
    total = sum(by_file.values(), Counter[str]())
    total[LOADED] += total.pop(ACCEPTED, 0)
    return Counts(read=read, ignored=ignored, **{outcome: total[outcome] for outcome in OUTCOMES}).check()


def _all_pending(counts: Counts) -> Counts:
    return replace(counts, loaded=0, updated=0, pending=counts.pending + counts.loaded + counts.updated).check()


def _finish(work: RunContext, connection: Connection, account: _Account) -> Settled:
    """Write down how the run ended, in the transaction that ended it."""
    settled = _settled(work, account)
    _end_files(work, connection, account)
    runs.finish(
        connection,
        work.run_id,
        state=settled.state,
        exit_code=settled.exit_code,
        finished_at=now(),
        counts=account.counts,
        cases={"new": account.met.new, "known": account.met.known, "closed": account.tally.closed},
        summary=_summary(work, account),
    )
    if settled.stopped_by is None and not account.delivers and not work.rehearsal:
        staging.clear_stage(connection, work.run_id, account.counts.taken)
    return settled


def _settled(work: RunContext, account: _Account) -> Settled:
    if account.stopped_by is not None:
        return Settled(runs.STOPPED, 3, account.stopped_by.reason)
    if account.delivers:
        return DELIVERING
    failed = account.counts.rejected or account.counts.failed or any(file.code for file in work.files.values())
    state = runs.CHECKED if work.rehearsal else runs.WITH_FAILURES if failed else runs.COMPLETED
    return Settled(state, int(bool(failed)))


def _end_files(work: RunContext, connection: Connection, account: _Account) -> None:
    for file_no, file in work.files.items():
        if file.state == "failed":
            continue
        outcomes = account.by_file.get(file_no, Counter())
        same = outcomes["unchanged"] and set(outcomes) <= {"unchanged", "duplicate"}
        runs.mark_file(connection, work.run_id, file_no, state="unchanged" if same else "done")


def _summary(work: RunContext, account: _Account) -> dict[str, object]:
    loaded = account.stopped_by is None
    checked = [set(not_checked(work.context(file_no))) for file_no in work.files]
    return {
        "created": dict(account.tally.created) if loaded else {},
        "not_kept": dict(account.tally.not_kept) if loaded else {},
        "not_checked": sorted(set.union(*checked)) if checked else [],
        "failed_rows": failed_rows_of(account.by_file),
        "stopped_by": account.stopped_by.reason if account.stopped_by else None,
        runs.RAISED_LIMITS: account.stopped_by.options if account.stopped_by else None,
        runs.BY_LIMITS: not loaded,
        runs.REPORTS_DUE: loaded
        and not work.rehearsal
        and not account.delivers
        and account.counts.rejected + account.counts.failed > 0,
    }


def refused(work: RunContext, error: DBAPIError) -> DatabaseGone | DatabaseRefused:
    """What to tell when the database refused or went; accepted rows are pending, where that can still be written."""
    told = f"The database did not take the rows: {_first_line(error)}."
    kind = DatabaseGone if is_away(error) else DatabaseRefused
    try:
        ended = _set_pending(work)
    except DBAPIError:
        return DatabaseGone(f"{told} Once it answers again: rollbook resume {work.run_id}")
    if ended is not None:
        return kind(f"{told} Run {work.run_id} had ended by then: rollbook show {work.run_id}")
    return kind(f"{told} Nothing was loaded. Then: rollbook resume {work.run_id}")


def _first_line(error: DBAPIError) -> str:
    """What follows in further lines may tell the cells of a row."""
    lines = str(error.orig).strip().splitlines()
    return lines[0][:300].rstrip(". ") if lines else type(error.orig).__name__


def _set_pending(work: RunContext) -> str | None:
    """Stop a run that was not loaded; the state of one that has ended all the same, else None."""
    work.connection.rollback()
    with work.transaction() as connection:
        run = runs.find(connection, work.run_id)
        if run.state not in runs.UNFINISHED:
            return run.state
        counts = _all_pending(
            counts_of(connection, work.run_id, by_file_of(staging.standing_by_part(connection, work.run_id)))
        )
        staging.set_pending(connection, work.run_id)
        runs.finish(connection, work.run_id, state=runs.STOPPED, exit_code=3, finished_at=now(), counts=counts)
    return None
