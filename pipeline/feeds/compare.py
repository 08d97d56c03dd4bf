"""What the files of a feed say, compared with what the feed brought before: found out before anything is loaded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ledger import known
from ledger.feeds import feeds
from pipeline.limits import Example
from reports.text import count_noun
from rollbook.rows.outcomes import ACCEPTED, UNCHANGED, UPDATED
from stage.database import Stage, table_of
from stage.parts import PART_STEP
from transforms.values.normalize import address

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from destinations.protocol import Tally
    from ledger.feeds.feeds import FeedImport
    from pipeline.feeds.identify import RunFeed
    from pipeline.run_context import RunContext

EXAMPLES = 10


def _nobody() -> pa.Array:
    return pa.array([], pa.int64())


@dataclass(frozen=True)
class Memory:
    """Which enrollments an import moves in the memory of its feed, by their IDs.

    fresh: are there, and did not stand in the last import. back: those of them that were missing before.
    gone: stood in it, and are not in the files. missing: those of them that no other feed holds. cancellable: those of
    these that nobody else brought and that are not cancelled yet.
    doubtful: stood in it, and a row that cannot be read may be about them. certain: those of which that was so before,
    and that are there.
    """

    fresh: pa.Array = field(default_factory=_nobody)
    back: pa.Array = field(default_factory=_nobody)
    gone: pa.Array = field(default_factory=_nobody)
    missing: pa.Array = field(default_factory=_nobody)
    cancellable: pa.Array = field(default_factory=_nobody)
    doubtful: pa.Array = field(default_factory=_nobody)
    certain: pa.Array = field(default_factory=_nobody)


@dataclass(frozen=True)
class Findings:
    """What is known of a feed's import before it is loaded.

    last: the feed's import before. rows_read: rows of its files.
    there: enrollments that were there, brought by the feed before or met by its rows. changed: those that change.
    stood: enrollments that the last import held, where the files continue it: they hold everything, or mostly what it
    held. why_not: why it cannot be found out what is missing.
    changes, absences: the first of those that change and that are missing.
    """

    feed: RunFeed
    last: FeedImport | None
    rows_read: int
    there: int
    changed: int
    changes: tuple[Example, ...] = ()
    stood: int = 0
    continues: bool = False
    why_not: str | None = None
    latest_on: date | None = None
    memory: Memory = field(default_factory=Memory)
    absences: tuple[Example, ...] = ()

    @property
    def missing(self) -> int:
        """Enrollments that the last import held, that this one does not, and no other feed either."""
        return len(self.memory.missing)

    @property
    def to_cancel(self) -> pa.Array:
        """The enrollments that are to be cancelled, where the feed's profile says so."""
        return self.memory.cancellable if self.feed.terms.on_missing == "cancel" else _nobody()


def compare(work: RunContext, stage: Stage, feed: RunFeed, tally: Tally) -> Findings:
    """Compare what a feed's files say with its last import, as the stage decided the rows."""
    counts = _outcomes(tally, feed.files)
    stage.put("feed_files", table_of(((number,) for number in feed.files), file_no=pa.int64()))
    with work.looking() as there:
        number = feeds.find_feed(there, feed.name, work.request.destination) if feed.name else None
        last = feeds.last_import(there, number) if number is not None else None
        if work.request.destination != "database":
            return _of_system(stage, feed, last, counts)
        return _of_database(work, there, stage, feed, last, counts)


def _outcomes(tally: Tally, files: tuple[int, ...]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for part_id, outcomes in tally.by_part.items():
        if part_id // PART_STEP in files:
            counts.update(outcomes)
    return counts


def _of_system(stage: Stage, feed: RunFeed, last: FeedImport | None, counts: Counter[str]) -> Findings:
    """Of a system outside it is known how many rows there are, and what changes as far as it is known what is there."""
    read, there = sum(counts.values()), counts[UPDATED] + counts[UNCHANGED]
    continues = last is not None and _says_so(feed, read)
    return Findings(feed, last, read, there, counts[UPDATED], continues=continues, latest_on=stage.value(_LATEST))


def _of_database(
    work: RunContext, there: Connection, stage: Stage, feed: RunFeed, last: FeedImport | None, counts: Counter[str]
) -> Findings:
    read, there_too = sum(counts.values()), counts[UPDATED] + counts[UNCHANGED]
    found = Findings(feed, last, read, there_too, *_changed(stage, counts))
    if feed.name is None:
        return found
    stage.run("feed_present")
    stage.put("feed_standing", feeds.standing(there, last) if last else feeds.STANDING.empty_table())
    ((met, stood, both),) = stage.lines(_OVERLAP)
    fewer = min(there_too + counts[ACCEPTED], stood)
    continues = last is not None and (_says_so(feed, read) or _seems_so(feed, fewer, both))
    found = replace(found, there=met + stood - both, latest_on=stage.value(_LATEST), continues=continues)
    if not continues:
        stage.put("feed_standing", feeds.STANDING.empty_table())
        return replace(found, memory=_brought(there, stage, last))
    assert last is not None
    why = _why_not(work, found, last)
    memory = _brought(there, stage, last)
    if why is not None:
        return replace(found, stood=stood, why_not=why, memory=memory)
    return replace(found, stood=stood, **_absent(work, there, stage, last, memory))


# Enrollments that the feed's rows are about, those that stood in the last import, and those that are both.
_OVERLAP = """SELECT (SELECT count(*) FROM feed_present WHERE is_own), (SELECT count(*) FROM feed_standing),
    (SELECT count(*) FROM feed_standing SEMI JOIN (FROM feed_present WHERE is_own) USING (enrollment_id))"""
# What was doubtful, and is there in a row that is not loaded.
_SURELY_THERE = """SELECT enrollment_id FROM feed_standing SEMI JOIN feed_there USING (enrollment_id)
    WHERE sure_in IS NOT NULL"""
_LATEST = """SELECT max(greatest(session_date, enrolled_on, completed_on)) FROM rows
    WHERE part_id // 1000000 IN (FROM feed_files)"""


def _says_so(feed: RunFeed, read: int) -> bool:
    """Whether the files are to hold what the last import did: somebody said so, or there is nothing in them."""
    said = feed.terms.complete or feed.limits.max_missing_percent is not None
    return said or (read == 0 and feed.terms.complete is None)


def _seems_so(feed: RunFeed, fewer: int, both: int) -> bool:
    """Whether the files seem to hold what the last import did: they share at least half of the smaller one.

    Of a feed that nobody named, they must share more than a few: a drop folder takes all kinds of files.
    """
    least = 1 if feed.terms.name else _EVIDENCE
    return feed.terms.complete is None and both >= least and fewer <= 2 * both


_EVIDENCE = 10


def _changed(stage: Stage, counts: Counter[str]) -> tuple[int, tuple[Example, ...]]:
    """How many enrollments change, but for those that come back, and the first of them."""
    if not counts[UPDATED]:
        return 0, ()
    stage.run("feed_changed", shown=str(EXAMPLES))
    lines = stage.lines("SELECT learner, session, field, was, now FROM feed_changes ORDER BY part_id, row_no, col_no")
    changes = tuple(Example(*(text or "" for text in line)) for line in lines)
    return stage.value("SELECT count(*) FROM feed_changed"), changes


def _why_not(work: RunContext, found: Findings, last: FeedImport) -> str | None:
    """Why it cannot be known what is missing in the files; None where it can."""
    for file_no in found.feed.files:
        file = work.files[file_no]
        sheet = next((plan.name for plan in work.plans(file_no) if plan.state == "failed"), None)
        if file.code is not None or sheet is not None:
            what = file.path if sheet is None else f"sheet “{sheet}” of {file.path}"
            return f"{what} was not read completely."
    if work.request.beside:
        return f"{count_noun(work.request.beside, 'more file')} of this feed came in the same pass."
    if last.started_at > work.started_at:
        return f"A later file of this feed was imported meanwhile, in run {last.run_id}."
    if found.latest_on and last.latest_on and found.latest_on < last.latest_on:
        return (
            f"The latest date is {found.latest_on}, and that of the last import (run {last.run_id}) was "
            f"{last.latest_on}: this may be an older file."
        )
    return None


def _brought(there: Connection, stage: Stage, last: FeedImport | None) -> Memory:
    """What the files hold that did not stand in the last import, and what was doubtful in it."""
    fresh = stage.column(
        "SELECT enrollment_id FROM feed_present ANTI JOIN feed_standing USING (enrollment_id) WHERE is_own"
    )
    certain = stage.column(
        "SELECT enrollment_id FROM feed_standing SEMI JOIN (FROM feed_present WHERE is_own) USING (enrollment_id) "
        "WHERE sure_in IS NOT NULL"
    )
    back = feeds.missing_before(there, last.feed_id, fresh) if last and len(fresh) else _nobody()
    return Memory(fresh=fresh, back=back, certain=certain)


def _absent(work: RunContext, there: Connection, stage: Stage, last: FeedImport, memory: Memory) -> dict[str, Any]:
    """The findings about what stood in the last import and is not in the files."""
    candidates = stage.table(
        "SELECT enrollment_id, brought_in, sure_in FROM feed_standing "
        "ANTI JOIN (FROM feed_present WHERE is_own) USING (enrollment_id)"
    )
    if not candidates.num_rows:
        return {"memory": memory}
    described = feeds.describe(there, candidates.column(0).combine_chunks())
    if unread := _unread_sheet(work, described):
        return {"memory": memory, "why_not": unread}
    _judge(there, stage, last, candidates, described)
    gone = stage.column("SELECT enrollment_id FROM feed_gone")
    holding, alive = feeds.held_by_others(there, last.feed_id, gone) if len(gone) else (_nobody(), _nobody())
    for name, ids in (("feed_held", holding), ("feed_alive", alive)):
        stage.put(name, pa.table({"enrollment_id": ids}))
    stage.run("feed_let_go")
    memory = replace(
        memory,
        certain=pa.concat_arrays([memory.certain, stage.column(_SURELY_THERE)]),
        gone=gone,
        missing=stage.column("SELECT enrollment_id FROM feed_lost"),
        cancellable=stage.column("SELECT enrollment_id FROM feed_lost WHERE NOT is_alive AND status <> 'cancelled'"),
        doubtful=stage.column("SELECT enrollment_id FROM feed_doubtful ANTI JOIN feed_there USING (enrollment_id)"),
    )
    lines = stage.lines(f"SELECT learner, session_code, status FROM feed_lost ORDER BY ALL LIMIT {EXAMPLES}")
    absences = tuple(Example(learner, session, "status", status, "missing") for learner, session, status in lines)
    return {"memory": memory, "absences": absences}


def _unread_sheet(work: RunContext, described: pa.Table) -> str | None:
    """A sheet that was passed over, and from which came what seems to be missing."""
    plans = [plan for number in work.files for plan in work.plans(number)]
    passed_over = {plan.name for plan in plans if plan.state == "skipped"}
    came_from = set(described["source_sheet"].unique().to_pylist())
    found = sorted(passed_over & came_from)
    return f"Sheet “{found[0]}” was not read, and rows came from it before." if found else None


def _judge(there: Connection, stage: Stage, last: FeedImport, candidates: pa.Table, described: pa.Table) -> None:
    """Fill `feed_gone`: candidates about which no row is that could not be loaded, and may be none."""
    sure = feeds.last_compared(there, last.feed_id)
    mails = pa.array([address(mail) if mail else "" for mail in described["mail"].to_pylist()], pa.string())
    stage.put("feed_described", described.set_column(1, "mail", mails))
    stage.put("feed_seen", candidates)
    stage.run("feed_unread", compared=str(sure.import_id if sure else 0))
    unread = [stage.column(f"SELECT DISTINCT {name} FROM feed_unread WHERE {name} <> ''") for name in _KEYS]
    people = known.learners(there, unread[0], unread[1])
    stage.put("feed_people", people.select(["number", "mail"]))
    stage.put("feed_sessions", known.sessions(there, unread[2]).select(["session_code"]))
    imports = stage.column("SELECT DISTINCT sure_in FROM feed_candidates").to_pylist()
    prints = stage.column("SELECT DISTINCT fingerprint FROM feed_unread WHERE fingerprint IS NOT NULL")
    stage.put("feed_old_rows", feeds.old_rows(there, imports, prints))
    stage.run("feed_missing")


_KEYS = ("mail", "number", "session_code")
