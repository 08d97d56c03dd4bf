"""What is decided alike for every destination, over a run's stage: what exists is read here, the rest is stage/sql."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from destinations.protocol import STORED, Policy, RunTerms, Tally, by_outcome
from ledger import known
from ledger.reference import adopt_sessions
from ledger.reference.load import forgotten_sessions
from rollbook.rows.outcomes import ACCEPTED, UPDATED
from rollbook.text.quoted import quoted
from stage.database import Stage, table_of
from transforms.values.lookalikes import alike, as_latin, foreign_letter
from transforms.values.person_names import different_people, doubtful_people

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Codes that are told elsewhere, too.
EXISTS = "enrollment.exists"
CONFLICT = "enrollment.conflict"
WAITING = "delivery.waiting"
# What an enrollment consists of, blanks included.
CONTENT = (
    *("status", "score", "grade", "enrolled_on", "completed_on", "attendance_confirmed", "feedback"),
    *("expires_on", "certificate_number", "hours", "credits"),
)
# What may stand beside a record: few runs have it, and none of it costs anything where no row does.
_BESIDE = {
    "expires_on": ("expires_on", "DATE"),
    "certificate_number": ("certificate_number", "VARCHAR"),
    "hours": ("hours", "DOUBLE"),
    "credits": ("credits", "DOUBLE"),
    "extra": ("other_columns", "VARCHAR"),
}
_NAMED_PEOPLE = 3
# So many learners whose names may be of several people are named.
_DOUBTS = 100
_NUMBER, _TEXT = pa.int64(), pa.string()


def begin(stage: Stage, run: RunTerms) -> None:
    """Give the stage what the run's terms say, and refuse the rows of cases of which another run has the say."""
    files = [number for (number,) in stage.lines("SELECT DISTINCT file_no FROM parts")]
    rules = ((number, run.policies.get(number, Policy())) for number in files)
    stage.put(
        "policies",
        table_of(
            ((number, rule.on_conflict, rule.on_existing) for number, rule in rules),
            file_no=_NUMBER,
            on_conflict=_TEXT,
            on_existing=_TEXT,
        ),
    )
    cells = ((*sheet, field, *cell) for sheet, fields in run.columns.items() for field, cell in fields.items())
    texts = dict.fromkeys(("field", "source_column", "header"), _TEXT)
    stage.put("sheet_columns", table_of(cells, file_no=_NUMBER, sheet_position=_NUMBER, **texts))
    stage.put("own_names", table_of(run.names.items(), field=_TEXT, own_name=_TEXT))
    held = [{"fingerprint": name, **asdict(why)} for name, why in run.held.items()]
    texts = dict.fromkeys(("fingerprint", "code", "detail", "source_column", "header", "value"), _TEXT)
    stage.put("held_cases", pa.Table.from_pylist(held, pa.schema([*texts.items(), ("only_if_new", pa.bool_())])))
    stage.put("terms", table_of([(run.run_id, run.started_at)], run_id=_TEXT, started_at=pa.timestamp("us")))
    refuse_held(stage, only_if_new=False)


def refuse_held(stage: Stage, *, only_if_new: bool) -> None:
    """Refuse the rows of held cases: those that would be loaded as new ones, or whatever they say."""
    if stage.any("held_cases"):
        stage.run("held", only_if_new=str(only_if_new))


def place_rows(
    connection: Connection, stage: Stage, content: Sequence[str] = CONTENT, also_kept: Sequence[str] = ()
) -> None:
    """Find out whom and what every accepted row is about, and decide the copies within the run.

    content: what the destination keeps; copies that differ in nothing else are the same. A conflict is told at the
        first of it. also_kept: what it keeps beside, without comparing it.
    """
    _decide_learners(connection, stage)
    _find_sessions(connection, stage)
    stage.run("placed", **_beside(stage, {*content, *also_kept}))
    compared = ", ".join("lower(grade)" if name == "grade" else name for name in content)
    if stage.any("SELECT 1 FROM held_cases WHERE only_if_new"):
        stage.run("held_copies", content=compared)
    stage.run("copies")
    if stage.any("copies"):
        stage.run("duplicates", content=compared, blamed=content[0])


def _beside(stage: Stage, kept: Collection[str]) -> dict[str, str]:
    """The words of `placed.sql`: of what the destination keeps beside a record, what the rows have, and the rest."""
    counts = ", ".join(f"count({column})" for column, _ in _BESIDE.values())
    (found,) = stage.lines(f"SELECT {counts} FROM rows")
    held = {name for name, count in zip(_BESIDE, found, strict=True) if count and name in kept}
    return {
        "held": ", ".join(f"r.{column} AS {name}" for name, (column, _) in _BESIDE.items() if name in held),
        "absent": ", ".join(f"NULL::{kind} AS {name}" for name, (_, kind) in _BESIDE.items() if name not in held),
    }


def _decide_learners(connection: Connection, stage: Stage) -> None:
    stage.run("pairs")
    mails = stage.column("SELECT DISTINCT mail FROM pairs WHERE mail <> ''")
    numbers = stage.column("SELECT DISTINCT number FROM pairs WHERE number <> ''")
    foreign = _foreign(stage, "mail", "pairs") + _foreign(stage, "number", "pairs")
    alike = pa.array(sorted({as_latin(text) for text in foreign}), _TEXT)
    stage.put("known_learners", known.learners(connection, _with(mails, alike), _with(numbers, alike)))
    stage.run("learners")
    mails, numbers = (_has_new_letters(stage, f"whole_{half}", half) for half in ("mail", "number"))
    _refuse_alike_learners(stage, foreign, known.foreign_learners(connection, mails, numbers))
    if stage.any("SELECT 1 FROM pairs WHERE name IS NOT NULL"):
        stage.run("names")
        _refuse_shared(stage)
    if stage.any("SELECT 1 FROM learners WHERE code IS NOT NULL"):
        stage.run("no_learner")


def _has_new_letters(stage: Stage, half: str, known_half: str) -> bool:
    """Has a learner an e-mail or number that is new and has a letter? Only such may look like another one."""
    new = f"SELECT {half} AS text FROM learners WHERE code IS NULL AND lower({half}) <> upper({half})"
    return stage.any(f"SELECT 1 FROM ({new}) ANTI JOIN (SELECT {known_half} AS text FROM known_learners) USING (text)")


def _foreign(stage: Stage, column: str, table: str) -> list[str]:
    """The texts of a column that have a character beyond ASCII."""
    found = stage.lines(f"SELECT DISTINCT {column} FROM {table} WHERE strlen({column}) > length({column})")
    return sorted(text for (text,) in found)


def _with(texts: pa.Array, more: pa.Array) -> pa.Array:
    return pc.unique(pa.concat_arrays([texts.cast(_TEXT), more])) if len(more) else texts


def _refuse_alike_learners(stage: Stage, foreign: Sequence[str], stored: Sequence[str]) -> None:
    """A new e-mail or employee ID that looks like another one, in letters of another script, names nobody.

    foreign, stored: those of the run and of the employees that have a character beyond ASCII.
    """
    halves = ("whole_mail", "mail", "known_learners"), ("whole_number", "number", "known_learners")
    found: dict[str, tuple[str, bool]] = {}
    for half, known_half, there in halves:
        new = f"SELECT DISTINCT {half} AS text FROM learners WHERE code IS NULL"
        found |= _alike(stage, new, f"SELECT {known_half} AS text FROM {there}", foreign, stored)
    if found:
        stage.put("alike_learners", _alike_table(found))
        stage.run("alike_learners")


def _alike(
    stage: Stage, new: str, there: str, foreign: Sequence[str], stored: Sequence[str]
) -> dict[str, tuple[str, bool]]:
    """Of the texts that a query finds, those that look like another one: that one, and whether it is stored.

    new, there: queries of a column `text`: of the run, of what is stored. foreign, stored: texts of each that have a
    character beyond ASCII: only where there is one may two look alike.
    """
    keys = [key for text in {*foreign, *stored} for key in (text, as_latin(text))]
    if not keys:
        return {}
    stage.put("alike_keys", table_of(((key,) for key in dict.fromkeys(keys)), text=_TEXT))
    held = {*stored, *stage.column(f"FROM ({there}) SEMI JOIN alike_keys USING (text)").to_pylist()}
    of_run = stage.column(f"FROM ({new}) SEMI JOIN alike_keys USING (text)").to_pylist()
    return {text: (other, other in held) for text, other in alike(of_run, held).items()}


def _alike_table(found: Mapping[str, tuple[str, bool]]) -> pa.Table:
    lines = ((text, _alike_detail(text, other, is_stored)) for text, (other, is_stored) in found.items())
    return table_of(lines, text=_TEXT, detail=_TEXT)


def _alike_detail(text: str, other: str, is_stored: bool) -> str:
    where = "which is stored already" if is_stored else "in another row"
    return f"{quoted(other)}, {where}, differs only in letters such as {foreign_letter(text, other)}"


def _refuse_shared(stage: Stage) -> None:
    """An e-mail or employee ID that is given to clearly different people names none of them; a doubt is told."""
    names: dict[int, dict[str, bool]] = {}
    for number, name, is_known in stage.lines("FROM names_of_learners"):
        of = names.setdefault(number, {})
        of[name] = of.get(name, False) or is_known
    shared, doubtful = [], []
    for number, of in sorted(names.items()):
        if people := different_people(sorted(of)):
            shared.append((number, _name_list([_told(name, of) for name in people])))
        elif people := doubtful_people(sorted(of)):
            doubtful.append((number, [_told(name, of) for name in people]))
    if doubtful:
        stage.put("doubtful_people", table_of(doubtful, learner_no=_NUMBER, people=pa.list_(_TEXT)))
    if shared:
        stage.put("shared_learners", table_of(shared, learner_no=_NUMBER, people=_TEXT))
        stage.run("shared")


def _told(name: str, names: Mapping[str, bool]) -> str:
    return f"{name}{STORED}" if names[name] else name


def _name_list(people: Sequence[str]) -> str:
    more = len(people) - _NAMED_PEOPLE
    return ", ".join(name[:80] for name in people[:_NAMED_PEOPLE]) + (f" and {more} more" if more > 0 else "")


def _find_sessions(connection: Connection, stage: Stage) -> None:
    stage.put("known_sessions", known.sessions(connection, stage.column("SELECT DISTINCT session_id FROM accepted")))
    stage.run("sessions")
    _refuse_alike_sessions(connection, stage)
    forgotten = forgotten_sessions(connection)
    if len(forgotten):
        _find_forgotten(stage, forgotten)


def _refuse_alike_sessions(connection: Connection, stage: Stage) -> None:
    """The same of a session that the run would create, unless its code is made of a course: courses are compared."""
    foreign = _foreign(stage, "session_code", "sessions")
    new_letters = "SELECT 1 FROM sessions WHERE session_no < 0 AND lower(session_code) <> upper(session_code)"
    stored = known.foreign_sessions(connection) if stage.any(new_letters) else []
    if foreign or stored:
        latin = pa.array(sorted({as_latin(code) for code in foreign}), _TEXT)
        stage.put("alike_sessions_known", known.sessions(connection, latin).select(["session_code"]))
        there = "SELECT session_code AS text FROM alike_sessions_known UNION SELECT session_code FROM known_sessions"
        new = "SELECT session_code AS text FROM sessions WHERE session_no < 0"
        if found := _alike(stage, new, there, foreign, stored):
            stage.put("alike_sessions", _alike_table(found))
            stage.run("alike_sessions")


def _find_forgotten(stage: Stage, forgotten: pd.DataFrame) -> None:
    """forgotten: as `ledger.reference.load.forgotten_sessions` gives them."""
    made = stage.frame("SELECT session_code FROM sessions WHERE session_no < 0 AND contains(session_code, '|')")
    codes = made["session_code"]
    nameless = pd.Series(None, index=codes.index, dtype="str")
    found = adopt_sessions.find_sessions(codes, nameless, forgotten, None)
    lines = pd.DataFrame({"session_code": codes, "session_id": found}).dropna().merge(forgotten, on="session_id")
    if len(lines):
        stage.put("forgotten_sessions", lines[["session_code", "id", "session_date"]])
        stage.run("forgotten")


def foreseen_cases(existing: Connection, stage: Stage) -> pa.Table:
    """The cases that a check's rows would open, as `foreseen_cases.sql` says; existing: knows those of today."""
    refused = stage.column("SELECT DISTINCT fingerprint FROM decided WHERE outcome = 'rejected' AND fingerprint <> ''")
    stage.put("met_cases", known.cases(existing, refused).select(["fingerprint"]))
    return stage.ask("foreseen_cases", exists=EXISTS, conflict=CONFLICT)


def decide_capacity(stage: Stage, seats_of: Callable[[pa.Array], pa.Table]) -> None:
    """Refuse the rows for which their session has no seat left.

    seats_of: the seats taken, as `known.SEATS`, of existing sessions by their numbers.
    """
    counted = stage.column("SELECT session_no FROM sessions WHERE max_participants IS NOT NULL AND session_no > 0")
    if len(counted):
        stage.put("known_seats", seats_of(counted))
        stage.run("capacity")


def tally_of(stage: Stage, lost: Mapping[str, str]) -> Tally:
    """Count the rows by outcome. lost: per field, the SQL that says whether a row's value of it has no place."""
    unkept = "".join(f", count_if({is_lost})" for is_lost in lost.values())
    by_part: dict[int, dict[str, int]] = {}
    decided: Counter[str] = Counter()
    not_kept: Counter[str] = Counter()
    for part_id, outcome, number, *counts in stage.lines(
        f"SELECT part_id, outcome, count(*){unkept} FROM decided GROUP BY part_id, outcome"
    ):
        by_part.setdefault(part_id, {})[outcome] = number
        decided[outcome] += number
        if outcome in (ACCEPTED, UPDATED):
            not_kept.update(dict(zip(lost, counts, strict=True)))
    return Tally(
        by_outcome(decided),
        doubtful_people=_doubtful_people(stage),
        not_kept=dict(+not_kept),
        accepted=decided[ACCEPTED],
        by_part=by_part,
    )


def _doubtful_people(stage: Stage) -> tuple[tuple[str, ...], ...]:
    if not stage.any("doubtful_people"):
        return ()
    identity = "coalesce(nullif(max(l.whole_mail), ''), max(l.whole_number))"
    found = stage.lines(
        f"SELECT {identity} AS identity, any_value(d.people) FROM doubtful_people d JOIN learners l USING (learner_no)"
        f" GROUP BY learner_no ORDER BY identity LIMIT {_DOUBTS}"
    )
    return tuple((identity, *people) for identity, people in found)
