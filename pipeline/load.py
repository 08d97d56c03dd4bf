"""The last step of a run: decide, check the accounts and the limits, load, and write the reports.

What is decided and loaded, the counts and the run's state are one transaction, under one lock of the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from destinations.protocol import Destination, Policy, RunTerms, Tally
from destinations.registry import DESTINATIONS
from ledger import known, parts, runs
from ledger.accounts import kept_accounts
from ledger.cases import cases
from ledger.lock import hold
from ledger.remote import outbox
from ledger.sql.bulk import insert_frame
from ledger.tables import rollbook_cases
from pipeline.faults import FileFault, fail_by_fault, raising_faults
from pipeline.feeds.feeds import Feeds
from pipeline.judge import places_of
from pipeline.limits import Exceeded, exceeded, limits_of
from pipeline.notifying.record import record_ended
from pipeline.output.accounts import all_pending, by_file_of, counts_of, failed_rows_of
from pipeline.output.changes_workbook import write_changes
from pipeline.output.failed_rows import Workbooks
from pipeline.returned.holding import contests, keep_uncontested, waiting
from reports.text import count_noun
from rollbook import __version__
from rollbook.clock import now
from rollbook.errors import RunIsLive, Stopped
from rollbook.rows.outcomes import ACCEPTED, DUPLICATE, LOADED_ALL_THE_SAME, OUTCOMES, REJECTED, UNCHANGED, UPDATED
from rollbook.settings import RestSettings, SmarterUSettings
from stage.accounts import accounts_file, put_ignored
from stage.database import Stage, open_stage
from stage.parts import PART_STEP, PLACE, Part
from stage.refusals import failures
from transforms.canonical import kept_records
from validators import RULES_VERSION
from validators.context import not_checked

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection

    from pipeline.open_files import OpenFiles
    from pipeline.run_context import RunContext
    from pipeline.sheets import OpenSheet
    from rollbook.request import Request
    from rollbook.rows.outcomes import Counts

# How long a run waits for another that is loading into the same database.
LOAD_WAIT_SECONDS = 3600.0
# In the work folder, until it is in the ledger.
_ACCOUNTS = "accounts.parquet"


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
    feeds: Sequence[Mapping[str, Any]] = ()


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
            with work.transaction() as connection, stage_of(work, connection) as stage:
                account = _decide_and_load(files, connection, stage, workbooks)
                settled = _finish(work, connection, account)
            if settled.state != runs.STOPPED:  # from now on the ledger alone knows
                work.part_files.forget_all()
            workbooks.publish()
        if settled.state != runs.STOPPED:
            write_changes(work)
    except FileFault as error:
        fail_by_fault(work, error.file_no, error.fault)
        return None
    return settled


@contextmanager
def stage_of(work: RunContext, connection: Connection) -> Iterator[Stage]:
    """The run's judged rows, which the ledger counts; what an earlier attempt said of them is gone."""
    of_run = parts.list_parts(connection, work.run_id)
    staged = work.part_files.staged(part.part_id for part in of_run)
    if len(staged) < len(of_run):
        lost = f"{len(of_run) - len(staged)} of {count_noun(len(of_run), 'judged part')}"
        where = f"missing from {work.part_files.folder}. Nothing was loaded"
        raise Stopped(f"{lost} are {where}. Then: rollbook resume {work.run_id}")
    parts.count_parts(connection, work.run_id, staged.values())
    parts.forget_rows(connection, work.run_id)
    memory_mib = work.request.settings.stage.memory_mib
    with open_stage(work.part_files, of_run, work.work_folder, memory_mib=memory_mib) as stage:
        put_ignored(stage, staged.values())
        yield stage


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


def _decide_and_load(files: OpenFiles, connection: Connection, stage: Stage, workbooks: Workbooks) -> _Account:
    work = files.work
    destination = DESTINATIONS[work.request.destination]
    contested = contests(work, connection, stage)
    held = {fingerprint: contest.held for fingerprint, contest in contested.items()} | waiting(work)
    feeds = Feeds.of(work, connection)
    terms = replace(run_terms(work), held=held, feeds=feeds.numbers)
    tally = _decide(work, destination, stage, terms)
    _keep_cells(files, stage)
    stays = (REJECTED, DUPLICATE, UNCHANGED) if destination.is_outbox else (REJECTED, DUPLICATE)
    _keep_rows(connection, stage, work, stays)
    met = _meet_cases(work, connection, stage)
    by_file = by_file_of(tally.by_part)
    counts = counts_of(connection, work.run_id, by_file)
    failed_files = sum(file.code not in LOADED_ALL_THE_SAME for file in work.files.values())
    feeds.compare(stage, tally)
    stopped_by = exceeded(limits_of(work), counts, failed_files, feeds.beyond())
    delivers = destination.is_outbox and stopped_by is None and not work.rehearsal
    if stopped_by is None and not work.rehearsal:
        keep_uncontested(work, connection, contested)
    if not delivers:
        workbooks.start(connection)
    with accounts_file(stage, work.work_folder / _ACCOUNTS, arrive=stopped_by is None and not delivers) as accounts:
        if stopped_by is None and not work.rehearsal:
            with feeds.remembering(connection, stage, terms):
                tally = destination.load(connection, stage, terms, tally)
        kept_accounts.keep(connection, work.run_id, accounts.result())
    if delivers:
        by_file = by_file_of(tally.by_part)
        counts = counts_of(connection, work.run_id, by_file)
    if work.rehearsal and stopped_by is None:
        with work.looking() as existing:
            tally = replace(tally, closed=destination.foresee_closed(existing, stage))
    if work.rehearsal and (tally.outcomes[UPDATED] or len(feeds.to_cancel)):
        with work.looking() as existing:
            destination.rehearse_updates(existing, connection, stage, terms, feeds.to_cancel)
        feeds.cancel(connection, terms)
    if stopped_by is not None:
        counts = all_pending(counts)
    return _Account(tally, met, counts, by_file, stopped_by, delivers, feeds.told(is_stopped=stopped_by is not None))


def _decide(work: RunContext, destination: Destination, stage: Stage, terms: RunTerms) -> Tally:
    with work.looking() as existing:
        if not work.rehearsal:
            return destination.decide(existing, stage, terms)
        with existing.begin_nested() as savepoint:
            tally = destination.rehearse(existing, stage, terms)
            savepoint.rollback()
    return tally


def _meet_cases(work: RunContext, connection: Connection, stage: Stage) -> cases.Met:
    """Record the cases of the failed rows; a rehearsal takes those that are known over into its own ledger."""
    if not work.rehearsal:
        return cases.record_cases(connection, work.run_id)
    with work.looking() as existing:
        prints = stage.column("SELECT DISTINCT fingerprint FROM decided WHERE outcome = 'rejected'")
        there = known.cases(existing, prints)
        known_cases = cases.cases_by_id(existing, there["case_id"].to_pylist())
    if work.existing is not work.connection:
        insert_frame(connection, rollbook_cases, known_cases)
    return cases.count_cases(connection, work.run_id)


def foresee(work: RunContext, connection: Connection, *, keeps_all: bool = False) -> Tally:
    """Decide what a rehearsal judged, and nothing else; its failures stand in its ledger afterwards.

    keeps_all: so do all rows with their outcomes, not only those that would not load.
    """
    with stage_of(work, connection) as stage:
        tally = _decide(work, DESTINATIONS[work.request.destination], stage, run_terms(work))
        _keep_rows(connection, stage, work, (*OUTCOMES, ACCEPTED) if keeps_all else (REJECTED, DUPLICATE))
    return tally


def _keep_cells(files: OpenFiles, stage: Stage) -> None:
    """Rows that deciding rejected keep their raw cells too: looked up in the sheets as read, file by file."""
    lacking = stage.frame(f"FROM lacking_cells ORDER BY {', '.join(PLACE)}")
    with files.work.transaction() as connection:
        of_run = (
            {part.part_id: part for part in parts.list_parts(connection, files.work.run_id)} if len(lacking) else {}
        )
    for file_no, in_file in lacking.groupby(lacking["part_id"] // PART_STEP):
        for part_id in in_file["part_id"].unique().tolist():
            with raising_faults(int(file_no)):
                kept = _kept_of(files, of_run[part_id], in_file[in_file["part_id"] == part_id])
            stage.add("kept_cells", kept.assign(part_id=part_id))
        files.release(int(file_no))


def _keep_rows(connection: Connection, stage: Stage, work: RunContext, stays: Sequence[str]) -> None:
    """Keep the rows with these outcomes, and all failures, in the ledger."""
    outcomes = ", ".join(f"'{outcome}'" for outcome in stays)
    query = f"FROM decided WHERE outcome IN ({outcomes}) ORDER BY {', '.join(PLACE)}"
    for batch in stage.batches(query):
        parts.keep_rows(connection, work.run_id, batch)
    for batch in failures(stage, work.request.destination):
        parts.keep_failures(connection, work.run_id, batch)


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
    if not account.delivers and not work.rehearsal:
        if settled.stopped_by is None:
            parts.end_rows(connection, work.run_id)
        record_ended(connection, work.run_id, work.request)
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


def _cancelled(account: _Account) -> int:
    return sum(int(feed["cancelled"]) for feed in account.feeds)


def _summary(work: RunContext, account: _Account) -> dict[str, object]:
    loaded = account.stopped_by is None
    checked = [set(not_checked(work.context(file_no))) for file_no in work.files]
    return {
        "judged_by": {"rollbook": __version__, "rules": RULES_VERSION},
        "created": dict(account.tally.created) if loaded else {},
        "alike": account.tally.alike if loaded else (),
        "disputed": account.tally.disputed if loaded else (),
        "doubtful_people": account.tally.doubtful_people if loaded else (),
        "not_kept": dict(account.tally.not_kept) if loaded else {},
        "not_checked": sorted(set.union(*checked)) if checked else [],
        "failed_rows": failed_rows_of(account.by_file),
        "stopped_by": account.stopped_by.reason if account.stopped_by else None,
        runs.RAISED_LIMITS: account.stopped_by.options if account.stopped_by else None,
        runs.BY_LIMITS: not loaded,
        runs.FEEDS: account.feeds,
        runs.EXAMPLES: [asdict(each) for each in account.stopped_by.examples] if account.stopped_by else [],
        runs.REPORTS_DUE: loaded
        and not work.rehearsal
        and not account.delivers
        and account.counts.rejected + account.counts.failed + account.counts.updated + _cancelled(account) > 0,
    }
