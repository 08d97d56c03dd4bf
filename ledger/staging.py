"""Parts: the unit of staging. Rows, failures and state of a part are committed together; again means replaced."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from ledger.bulk import arrow_table, insert_frame
from ledger.tables import (
    PLACE,
    key,
    long_text,
    rollbook_cases,
    rollbook_deliveries,
    rollbook_failures,
    rollbook_parts,
    rollbook_rows,
)
from ledger.temporary_tables import temporary
from rollbook.errors import Stopped
from rollbook.fields import FIELDS
from rollbook.outcomes import ACCEPTED, FAILED, PENDING, REJECTED, TAKEN, UNCHANGED, UPDATED
from validators.sessions import session_codes

# file_no * PART_STEP + the part's number within its file.
PART_STEP = 1_000_000
_DIRECT = tuple(name for name in FIELDS if name in rollbook_rows.c)
_EXTRA = tuple(name for name in FIELDS if name not in rollbook_rows.c)
_KEYS = ("learner_email", "learner_employee_id", "session_id")
# A destination may leave rows `accepted` that it loaded: marking the many costs more than loading them.
_CLEARED = (ACCEPTED, *TAKEN)


@dataclass(frozen=True)
class Part:
    """A range of rows of one sheet (`first_row` to `last_row`, both included), and where its rows came from first."""

    run_id: str
    part_id: int
    file_no: int
    sheet_position: int
    source_file: str
    source_sheet: str
    first_row: int
    last_row: int


def add_part(connection: Connection, part: Part) -> None:
    """Write down a part that is to be staged (state `planned`); one that stands there already is left as it is."""
    here = _part(part.run_id, part.part_id)
    if connection.scalar(select(rollbook_parts.c.state).where(here)) is None:
        connection.execute(insert(rollbook_parts).values(**asdict(part), state="planned"))


def parts(connection: Connection, run_id: str, file_no: int | None = None, *, state: str | None = None) -> list[Part]:
    """The parts of a run, or of one of its files, in row order; only those in `state` (planned | staged)."""
    names = [rollbook_parts.c[name] for name in Part.__dataclass_fields__]
    query = select(*names).where(rollbook_parts.c.run_id == run_id).order_by(rollbook_parts.c.part_id)
    if file_no is not None:
        query = query.where(rollbook_parts.c.file_no == file_no)
    if state is not None:
        query = query.where(rollbook_parts.c.state == state)
    return [Part(**row) for row in connection.execute(query).mappings()]


def one_part(connection: Connection, run_id: str, part_id: int) -> Part:
    """A part by its number; Stopped when the run has no such part."""
    names = [rollbook_parts.c[name] for name in Part.__dataclass_fields__]
    found = connection.execute(select(*names).where(_part(run_id, part_id))).mappings().one_or_none()
    if found is None:
        raise _unknown(run_id, part_id)
    return Part(**found)


def _unknown(run_id: str, part_id: int) -> Stopped:
    return Stopped(f"Part {part_id} of run {run_id} is unknown. `rollbook resume {run_id}` reads it again.")


def forget_file(connection: Connection, run_id: str, file_no: int) -> None:
    """Take a file's parts, rows and failures out of the run: it failed as a whole, or is read anew."""
    for table in (rollbook_rows, rollbook_failures, rollbook_parts):
        low, high = file_no * PART_STEP, (file_no + 1) * PART_STEP - 1
        connection.execute(delete(table).where(table.c.run_id == run_id, table.c.part_id.between(low, high)))


@dataclass(frozen=True)
class JudgedPart:
    """A part as it is staged: `rows` and `failures` in the columns and types of their tables, `ignored` by reason."""

    part: Part
    rows: pa.Table
    failures: pa.Table
    ignored: Mapping[str, int]

    @property
    def rows_read(self) -> int:
        """How many rows it has."""
        return int(self.rows.num_rows)

    def __getstate__(self) -> tuple[Any, ...]:
        """Tables travel between processes as Arrow streams: pickled, a slice brings the whole that it was cut from."""
        return self.part, _stream(self.rows), _stream(self.failures), self.ignored

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        part, rows, failures, ignored = state
        tables = [pa.ipc.open_stream(stream).read_all() for stream in (rows, failures)]
        for name, value in zip(("part", "rows", "failures", "ignored"), (part, *tables, ignored), strict=True):
            object.__setattr__(self, name, value)


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def judged_part(
    part: Part,
    rows: pd.DataFrame,
    failures: pd.DataFrame,
    ignored: Mapping[str, int],
    kept: pd.DataFrame | None = None,
) -> JudgedPart:
    """A part's judged rows and failures as they are staged.

    rows: canonical columns with `row`, `col`, `score`, `session_id` and `outcome` (accepted | rejected).
    failures: rollbook.failures' columns with `message` and `remedy`.
    ignored: {reason: rows}.
    kept: row, col, fingerprint, cells, marks of the rows whose raw cells stay, others get theirs by `add_cells`; the
        fingerprint of rows that stand for a case already is the case's.
    """
    staged = arrow_table(rollbook_rows, _staged_rows(part, rows, kept))
    return JudgedPart(part, staged, arrow_table(rollbook_failures, _staged_failures(part, failures)), ignored)


def stage(connection: Connection, judged: JudgedPart) -> None:
    """Write a judged part, replacing what it had; runs in the caller's transaction.

    Raises Stopped where the part was never written down by `add_part`.
    """
    part = judged.part
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL synchronous_commit = off"))
    state = connection.scalar(select(rollbook_parts.c.state).where(_part(part.run_id, part.part_id)).with_for_update())
    if state is None:
        raise _unknown(part.run_id, part.part_id)
    if state != "planned":
        for table in (rollbook_rows, rollbook_failures):
            connection.execute(delete(table).where(table.c.run_id == part.run_id, table.c.part_id == part.part_id))
    insert_frame(connection, rollbook_rows, judged.rows)
    insert_frame(connection, rollbook_failures, judged.failures)
    _mark_staged(connection, part, judged.rows_read, judged.ignored)


def _part(run_id: str, part_id: int) -> Any:
    return and_(rollbook_parts.c.run_id == run_id, rollbook_parts.c.part_id == part_id)


def _mark_staged(connection: Connection, part: Part, read: int, ignored: Mapping[str, int]) -> None:
    connection.execute(
        update(rollbook_parts)
        .where(_part(part.run_id, part.part_id))
        .values(
            state="staged",
            rows_read=read,
            rows_ignored=sum(int(number) for number in ignored.values()),
            ignored=json.dumps({reason: int(number) for reason, number in sorted(ignored.items())}),
        )
    )


def _staged_rows(part: Part, rows: pd.DataFrame, kept: pd.DataFrame | None = None) -> pa.Table:
    """The rows as rollbook_rows holds them."""
    columns: dict[str, Any] = {
        "run_id": pa.repeat(part.run_id, len(rows)),
        "part_id": pa.repeat(part.part_id, len(rows)),
        "row_no": rows["row"],
        "col_no": rows["col"],
        "outcome": rows["outcome"],
    }
    rows = rows.assign(session_id=_sessions_of_cases(rows))
    for name in (*_DIRECT, "score"):
        columns[name] = rows[name].fillna("") if name in _KEYS else rows[name]
    columns["extra"] = _extra(rows)
    if kept is not None and len(kept):
        placed = rows[["row", "col"]].merge(kept, on=["row", "col"], how="left", validate="one_to_one")
        columns |= {name: placed[name] for name in ("fingerprint", "cells", "marks") if name in placed}
    return pa.table({name: _array(values) for name, values in columns.items()})


def _sessions_of_cases(rows: pd.DataFrame) -> pd.Series:
    """The sessions; a refused row whose session was not found gets the code that it would have made.

    So its case is about the session, and is closed when the session is loaded and the row with it.
    """
    unfound = rows["session_id"].isna() & (rows["outcome"] == REJECTED)
    if not unfound.any():
        return rows["session_id"]
    return rows["session_id"].mask(unfound, session_codes(rows[unfound]).reindex(rows.index))


def _array(values: Any) -> Any:
    return values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, from_pandas=True)


def _extra(rows: pd.DataFrame) -> pd.Series | pa.Array:
    """The fields without a column of their own, as JSON; NULL where a row has none of them."""
    filled = rows[list(_EXTRA)].dropna(axis="columns", how="all")
    if filled.empty:
        return pa.nulls(len(rows), pa.large_string())
    told = pd.Series(pd.NA, index=rows.index, dtype="object")
    some = filled.dropna(how="all")
    told[some.index] = [_json(record) for record in some.to_dict("records")]
    return told.astype("str")


def _json(record: Mapping[Any, Any]) -> str:
    told = {
        name: value.date().isoformat() if isinstance(value, pd.Timestamp) else value
        for name, value in record.items()
        if not pd.isna(value)
    }
    return json.dumps(told, ensure_ascii=False, default=bool)


def _staged_failures(part: Part, failures: pd.DataFrame) -> pd.DataFrame:
    """The failures as rollbook_failures holds them, numbered within their record."""
    texts = failures[["column", "header", "field", "value", "code", "message", "remedy"]].astype("str")
    clean = texts.apply(lambda column: column.str.replace("\x00", "\N{SYMBOL FOR NULL}", regex=False))
    placed: pd.DataFrame = clean.rename(columns={"column": "source_column"}).assign(
        header=clean["header"].str.slice(0, 255),
        run_id=part.run_id,
        part_id=part.part_id,
        row_no=failures["row"],
        col_no=failures["col"],
        failure_no=failures.groupby(["row", "col"]).cumcount(),
    )
    return placed


def places_without_cells(connection: Connection, run_id: str) -> pd.DataFrame:
    """part_id, row_no, col_no of rejected and failed rows whose raw cells are not kept yet, in row order.

    And of unchanged rows whose fingerprint is '': only their cells tell which case is theirs.
    """
    rows = rollbook_rows.c
    failed = and_(rows.outcome.in_([REJECTED, FAILED]), rows.fingerprint.is_(None))
    wanted = and_(rows.outcome == UNCHANGED, rows.fingerprint == "")
    query = (
        select(rows.part_id, rows.row_no, rows.col_no)
        .where(rows.run_id == run_id, or_(failed, wanted))
        .order_by(rows.part_id, rows.row_no, rows.col_no)
    )
    return pd.DataFrame(connection.execute(query).all(), columns=["part_id", "row_no", "col_no"]).astype("int64")


def add_cells(connection: Connection, run_id: str, kept: pd.DataFrame) -> None:
    """Keep the raw cells of rows that deciding rejected: part_id, row_no, col_no, fingerprint, cells, marks."""
    columns = (
        Column("part_id", BigInteger, nullable=False),
        Column("row_no", Integer, nullable=False),
        Column("col_no", Integer, nullable=False),
        Column("fingerprint", key(32)),
        Column("cells", long_text()),
        Column("marks", long_text()),
    )
    with temporary(connection, "rollbook_kept_cells", *columns) as cells:
        insert_frame(connection, cells, kept[[column.name for column in columns]])
        same = [rollbook_rows.c[name] == cells.c[name] for name in PLACE if name != "run_id"]
        connection.execute(
            update(rollbook_rows)
            .where(rollbook_rows.c.run_id == run_id, *same)
            .values({name: cells.c[name] for name in ("fingerprint", "cells", "marks")})
        )


def count_by_part(connection: Connection, run_id: str) -> dict[int, dict[str, int]]:
    """part_id -> rows by outcome of a run's staged rows; `accepted` while they are not decided."""
    rows = rollbook_rows.c
    query = select(rows.part_id, rows.outcome, func.count()).where(rows.run_id == run_id)
    counts: dict[int, dict[str, int]] = {}
    for part_id, outcome, number in connection.execute(query.group_by(rows.part_id, rows.outcome)):
        counts.setdefault(part_id, {})[outcome] = number
    return counts


def standing_by_part(connection: Connection, run_id: str) -> dict[int, dict[str, int]]:
    """part_id -> rows by outcome of all of a run's rows, those that were delivered and left the stage among them."""
    rows, sent = rollbook_rows.c, rollbook_deliveries.c
    counts = count_by_part(connection, run_id)
    waits = exists().where(rows.run_id == sent.run_id, *(rows[name] == sent[name] for name in PLACE[1:]))
    gone = select(sent.part_id, sent.state, func.count()).where(sent.run_id == run_id, sent.state.in_(TAKEN), ~waits)
    for part_id, state, number in connection.execute(gone.group_by(sent.part_id, sent.state)):
        of_part = counts.setdefault(part_id, {})
        of_part[state] = of_part.get(state, 0) + number
    return counts


def count_read(connection: Connection, run_id: str) -> tuple[int, int]:
    """(rows read, rows ignored) of a run, as its parts say: the other side of the accounts."""
    told = rollbook_parts.c
    sums = select(func.sum(told.rows_read), func.sum(told.rows_ignored)).where(told.run_id == run_id)
    read, ignored = connection.execute(sums).one()
    return int(read or 0), int(ignored or 0)


def set_pending(connection: Connection, run_id: str) -> None:
    """What was accepted waits: the run was stopped before it was loaded. Deciding takes such rows up again."""
    rows = rollbook_rows.c
    waiting = and_(rows.run_id == run_id, rows.outcome.in_([ACCEPTED, UPDATED]))
    connection.execute(update(rollbook_rows).where(waiting).values(outcome=PENDING))


def clear_stage(connection: Connection, run_id: str, cleared: int) -> None:
    """Take loaded, updated and unchanged rows out of the stage; their place stands on the enrollment.

    cleared: how many they are. Of the rows that stay, the raw cells that their case holds too are taken out. The same
    text in other columns is the same case: then the row keeps its own.
    """
    if cleared and _may_swap(connection) and _swap(connection, run_id, cleared):
        return
    rows = rollbook_rows
    connection.execute(delete(rows).where(rows.c.run_id == run_id, rows.c.outcome.in_(_CLEARED)))
    same, cases = _held_by_case(), rollbook_cases.c
    known = and_(rows.c.run_id == run_id, rows.c.fingerprint == cases.fingerprint, same)
    connection.execute(update(rows).where(known).values(cells=None, marks=None))


def _held_by_case() -> ColumnElement[bool]:
    rows, cases = rollbook_rows.c, rollbook_cases.c
    return and_(rows.cells == cases.cells, func.coalesce(rows.marks, "") == func.coalesce(cases.marks, ""))


def _may_swap(connection: Connection) -> bool:
    """Whether nobody else stages now: SQLite has one writer, PostgreSQL is asked, MariaDB would commit at TRUNCATE."""
    if connection.dialect.name != "postgresql":
        return connection.dialect.name == "sqlite"
    savepoint = connection.begin_nested()
    try:
        connection.execute(text("LOCK TABLE rollbook_rows IN ACCESS EXCLUSIVE MODE NOWAIT"))
    except DBAPIError:  # somebody stages now
        savepoint.rollback()
        return False
    savepoint.commit()
    return True


def _swap(connection: Connection, run_id: str, most: int) -> bool:
    """Set the rows that stay aside, empty the table at once, put them back: cheaper than deleting the many.

    False, and nothing changed, where more rows than `most` stay.
    """
    rows = rollbook_rows
    names = rows.c.keys()
    stays = or_(rows.c.run_id != run_id, rows.c.outcome.not_in(_CLEARED))
    columns = [Column(column.name, column.type) for column in rows.c]
    own = {name: case((_held_by_case(), None), else_=rows.c[name]) for name in ("cells", "marks")}
    of_case = rows.outerjoin(rollbook_cases, rollbook_cases.c.fingerprint == rows.c.fingerprint)
    with temporary(connection, "rollbook_rows_kept", *columns) as kept:
        staying = select(*(own.get(name, rows.c[name]) for name in names)).select_from(of_case).where(stays)
        put = insert(kept).from_select(names, staying.limit(most + 1))
        number = connection.execute(put, execution_options={"preserve_rowcount": True}).rowcount
        if number > most:
            return False
        word = "TRUNCATE" if connection.dialect.name == "postgresql" else "DELETE FROM"
        connection.execute(text(f"{word} rollbook_rows"))
        in_order = select(kept).order_by(*(kept.c[name] for name in PLACE))
        connection.execute(insert(rows).from_select(names, in_order))
    return True
