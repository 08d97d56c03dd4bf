"""Raw parts -> canonical rows: every row of a part becomes records or is ignored with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.rows.failures import failure_frame, join_failures
from rollbook.rows.fields import FIELDS
from rollbook.rows.statuses import ATTENDED, COMPLETED, NO_SHOW
from transforms.planning.columns.cleaners import clean_column, scores
from transforms.planning.columns.column_mapping import ColumnPlan, column_texts
from transforms.planning.columns.marked import marked_at, marked_in, with_marked
from transforms.planning.columns.points import read_points
from transforms.planning.columns.roles import are_leaders
from transforms.planning.layouts.wide import Stacked, stack_sessions
from transforms.planning.ragged import why_ragged
from transforms.planning.sheet_plan import ANY_SESSION, SheetPlan
from transforms.planning.table.headers import AXCELERATE
from transforms.planning.table.ignored_rows import ignored_reasons
from transforms.raw_records import WHOLE_LINE, kept_records
from transforms.values.cleaner import Cleaned, text_series, texts
from transforms.values.dates.dates import clean_times
from transforms.values.grades import CleanedGrades
from transforms.values.ids import LEARNERS
from transforms.values.normalize import lower, shown, shown_all
from transforms.values.placeholders import NO_LEARNER
from transforms.values.text import trim_all

__all__ = ["WHOLE_LINE", "Canonical", "canonical_rows", "kept_records"]


@dataclass(frozen=True)
class Canonical:
    """What a part holds.

    rows: RangeIndex, ordered by (row, col); `row`, `col` int64 (`col` 0, in wide sheets the 1-based number of the
        session's column), all of FIELDS, `score` float64, `grade_type` str; failed cells are missing.
    failures: `rollbook.rows.failures` schema. In wide sheets a failure of the learner's own cells stands once a sheet
        row, with `col` 0; it counts for all records of that row.
    ignored: `row` int64, `reason` str: blank, title, note, repeated header, totals, example, skipped by profile,
        held the meeting, other table, no session.
    """

    rows: pd.DataFrame
    failures: pd.DataFrame
    ignored: pd.DataFrame


def canonical_rows(part: pd.DataFrame, marks: pd.DataFrame, plan: SheetPlan) -> Canonical:
    """The canonical rows of any rows of a sheet (`row` and a text column a letter) under its plan.

    marks: `row`, `column`, `kind` of the sheet, as reading gives them. The header row is neither row nor ignored.
    """
    reasons = _reasons(part, plan)
    kept = part.drop(index=reasons.index) if len(reasons) else part
    kept = _with_letters(kept, plan).reset_index(drop=True)
    marks = marks[marks["row"].isin(kept["row"])] if len(marks) else marks
    if plan.sessions:
        rows, failures, without = _wide_rows(kept, marks, plan)
    else:
        rows, failures, without = *_long_rows(kept, marks, plan), {}
    return Canonical(rows, failures, _ignored(part, reasons[reasons != _HEADER], without))


_HEADER = "header"
_SKIPPED = "skipped by profile"
_LEADER = "held the meeting"
_NO_SESSION = "no session"


def _reasons(part: pd.DataFrame, plan: SheetPlan) -> pd.Series:
    """Why rows carry no record (`str`), of those that carry none; on their index in the part, in its order."""
    numbers = part["row"].to_numpy()
    header = plan.header_row or 0
    inside = (numbers > header) & (numbers <= plan.last_row)
    reasons = _reasons_inside(part if inside.all() else part[inside], plan)
    if inside.all():
        return reasons
    beyond = part[~inside]
    numbers = beyond["row"].to_numpy()
    where = np.where(numbers < header, "title", np.where(numbers == header, _HEADER, "other table"))
    blank = beyond.drop(columns="row").isna().all(axis=1).to_numpy()
    told = pd.Series(np.where(blank, "blank", where), index=beyond.index, dtype="str")
    joined: pd.Series = pd.concat([reasons, told]).sort_index()
    return joined


def _reasons_inside(table: pd.DataFrame, plan: SheetPlan) -> pd.Series:
    reasons = ignored_reasons(table, plan.judge)
    sessions = {session.letter for session in plan.sessions}
    for letter, texts_there in plan.skip:
        if letter in table and letter not in sessions:
            skipped = table.index[_is_one_of(table[letter], texts_there)].difference(reasons.index)
            why = _LEADER if are_leaders(texts_there) else _SKIPPED
            reasons = pd.concat([reasons, pd.Series(why, index=skipped, dtype="str")]) if len(skipped) else reasons
    return reasons


def _ignored(part: pd.DataFrame, reasons: pd.Series, without: dict[int, str]) -> pd.DataFrame:
    told = pd.DataFrame({"row": part.loc[reasons.index, "row"].to_numpy("int64"), "reason": reasons.to_numpy()})
    more = pd.DataFrame({"row": list(without), "reason": list(without.values())})
    joined = pd.concat([told, more]) if without else told
    return joined.astype({"row": "int64", "reason": "str"}).sort_values("row", ignore_index=True)


def _is_one_of(cells: pd.Series, passed: Sequence[str]) -> np.ndarray:
    """Which cells read like one of the texts, without case, leading and trailing spaces."""
    wanted = pa.array([lower(shown(text)) for text in passed], pa.large_string())
    array = pc.dictionary_encode(shown_all(trim_all(texts(cells))))
    spelled = pa.array([lower(text) for text in array.dictionary.to_pylist()], pa.large_string())
    found = pc.fill_null(pc.is_in(spelled, value_set=wanted).take(array.indices), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _with_letters(part: pd.DataFrame, plan: SheetPlan) -> pd.DataFrame:
    """The part with blank columns for letters of the plan that it lacks."""
    lacking = sorted(plan.fed - set(part.columns))
    return part.assign(**{letter: _no_text(part.index) for letter in lacking}) if lacking else part


# Long sheets


def _long_rows(kept: pd.DataFrame, marks: pd.DataFrame, plan: SheetPlan) -> tuple[pd.DataFrame, pd.DataFrame]:
    places = kept[["row"]].assign(col=0)
    fields, failures = _clean_fields(kept, marks, plan, places)
    failures += _ragged(kept, marks, plan, places)
    told = join_failures(failures)
    rows = _without_short_stays(_frame(places, {**_constants(plan, len(kept)), **fields}), plan)
    return _with_clocks(_on_day_of_completion(rows, told, plan), kept, plan), told


def _with_clocks(rows: pd.DataFrame, kept: pd.DataFrame, plan: SheetPlan) -> pd.DataFrame:
    """The rows with `session_clock`: when their session begins, as the cells of its day say. It makes no session."""
    day = next((column for column in plan.columns if column.field == "session_date" and column.clock), None)
    if day is None:
        return rows
    times = clean_times(column_texts(kept, day)[0]).values
    return rows.assign(session_clock=times.mask((times == "00:00").fillna(value=False)))


def _without_short_stays(rows: pd.DataFrame, plan: SheetPlan) -> pd.DataFrame:
    """The rows, those of learners who left a meeting too soon as no-shows."""
    if not plan.short:
        return rows
    short = rows["row"].isin(plan.short) & (rows["status"] == ATTENDED).fillna(value=False)
    return rows.assign(status=rows["status"].mask(short, NO_SHOW))


_SESSION = ("session_id", "session_date")


def _on_day_of_completion(rows: pd.DataFrame, failures: pd.DataFrame, plan: SheetPlan) -> pd.DataFrame:
    """The rows, a course completed without a session belonging to the day of its completion."""
    if plan.destination == AXCELERATE or not any(column.field in _SESSION for column in plan.columns):
        return rows
    alone = rows["session_id"].isna() & rows["session_date"].isna() & rows["completed_on"].notna()
    alone &= (rows["status"] == COMPLETED).fillna(value=False)
    if not alone.any():
        return rows
    wrong = failures.loc[failures["field"].isin(_SESSION), "row"]
    alone &= ~rows["row"].isin(wrong)
    return rows.assign(session_date=rows["session_date"].mask(alone, rows["completed_on"]))


def _clean_fields(
    kept: pd.DataFrame, marks: pd.DataFrame, plan: SheetPlan, places: pd.DataFrame
) -> tuple[dict[str, pd.Series], list[pd.DataFrame]]:
    """The clean values of all mapped fields, and their failures at `places` (a line for each of `kept`)."""
    cleaned = {column.field: _clean_field(kept, marks, plan, column) for column in plan.columns}
    named = [cleaned[name].values.notna().to_numpy() for name in LEARNERS if name in cleaned]
    has_learner = np.logical_or.reduce(named) if named else np.zeros(len(kept), dtype=bool)
    values: dict[str, pd.Series] = {}
    failures: list[pd.DataFrame] = []
    for column in plan.columns:
        found = cleaned[column.field]
        failing = found.code.notna().to_numpy()
        if column.field in LEARNERS:
            failing = failing & ~(has_learner & (found.code == NO_LEARNER).to_numpy(bool))
        if failing.any():
            failures.append(_blamed(kept, column, places, np.flatnonzero(failing), found.code, found.detail))
        values |= {column.field: found.values} | ({"score": scores(found)} if column.field == "grade" else {})
    return values, failures


def _clean_field(kept: pd.DataFrame, marks: pd.DataFrame, plan: SheetPlan, column: ColumnPlan) -> Cleaned:
    """The clean values of one field with the codes of all that is wrong, what reading marked among it."""
    cells, missed = column_texts(kept, column)
    marked = marked_in(kept["row"], marks, column)
    if marked is not None:
        cells = cells.mask(marked.code.notna().to_numpy())
    cleaned = clean_column(cells, column, plan.reading)
    if isinstance(cleaned, CleanedGrades) and column.out_of:
        cleaned = read_points(cells, cleaned, _possible(kept, column))
    if missed is not None:
        cleaned = replace(cleaned, code=cleaned.code.mask(missed.to_numpy(), "value.no_match"))
    return with_marked(cleaned, marked)


def _possible(kept: pd.DataFrame, column: ColumnPlan) -> pd.Series:
    """The points that were possible in each of the rows, as text."""
    (_, said), *_ = column.out_of
    if not said.startswith("@"):
        return pd.Series([said] * len(kept), index=kept.index, dtype="str")
    return kept[said[1:]] if said[1:] in kept else _no_text(kept.index)


def _blamed(
    kept: pd.DataFrame,
    column: ColumnPlan,
    places: pd.DataFrame,
    failing: np.ndarray,
    code: pd.Series,
    detail: pd.Series,
) -> pd.DataFrame:
    whole, _ = column_texts(kept.iloc[failing], replace(column, pattern=None))
    return failure_frame(
        row=places["row"].to_numpy()[failing],
        col=places["col"].to_numpy()[failing],
        column=column.letters[0],
        header=column.headers[0] if column.headers else None,
        field=column.field,
        value=whole.reset_index(drop=True),
        code=code.iloc[failing].reset_index(drop=True),
        detail=_or_never_calculated(detail.iloc[failing], code.iloc[failing], whole),
    )


def _or_never_calculated(detail: pd.Series, code: pd.Series, value: pd.Series) -> pd.Series:
    """The details, where an error shows the formula: that no program has calculated it; on a fresh RangeIndex."""
    formula = (code == "cell.error").to_numpy() & value.str.startswith("=").fillna(value=False).to_numpy(bool)
    return detail.reset_index(drop=True).mask(formula, "a formula that was never calculated")


def _ragged(kept: pd.DataFrame, marks: pd.DataFrame, plan: SheetPlan, places: pd.DataFrame) -> list[pd.DataFrame]:
    lines = marks.loc[marks["kind"] == "ragged", "row"]
    if lines.empty:
        return []
    at = np.flatnonzero(kept["row"].isin(lines))
    blamed = places.iloc[at]
    return [
        failure_frame(row=blamed["row"], col=blamed["col"], code="row.ragged", detail=why_ragged(kept.iloc[at], plan))
    ]


def _constants(plan: SheetPlan, rows: int) -> dict[str, pd.Series]:
    """The fields that defaults fill, the same in every row."""
    how = {column.field: column for column in plan.defaults}
    filled: dict[str, pd.Series] = {}
    for name, text in plan.constants:
        one = text_series(pa.array([text], pa.large_string()), pd.RangeIndex(1))
        if name not in how:
            filled[name] = _repeated(one.str.strip(), rows)
            continue
        cleaned = clean_column(one, how[name], plan.reading)
        filled[name] = _repeated(cleaned.values, rows)
        if name == "grade":
            filled["score"] = _repeated(scores(cleaned), rows)
    return filled


def _repeated(one: pd.Series, rows: int) -> pd.Series:
    return one.take(np.zeros(rows, dtype=np.int64)).reset_index(drop=True)


def _frame(places: pd.DataFrame, filled: dict[str, pd.Series]) -> pd.DataFrame:
    """The canonical frame: every field with its dtype, missing where nothing fills it."""
    index = pd.RangeIndex(len(places))
    blank = {
        "text": _no_text(index),
        "amount": pd.Series(np.nan, index=index),
        "date": pd.Series(np.full(len(index), np.datetime64("NaT", "s")), index=index),
        "yes_no": pd.Series(pd.array([None], dtype="boolean").take(np.zeros(len(index), dtype=np.int64)), index=index),
    }
    columns: dict[str, Any] = {name: places[name].to_numpy(dtype="int64") for name in ("row", "col")}
    for name, field in FIELDS.items():
        columns[name] = filled[name] if name in filled else blank.get(field.kind, blank["text"])
    columns["score"] = filled.get("score", pd.Series(np.nan, index=index))
    columns["grade_type"] = filled.get("grade_type", blank["text"])
    return pd.DataFrame(columns, index=index)


# Wide sheets


def _wide_rows(
    kept: pd.DataFrame, marks: pd.DataFrame, plan: SheetPlan
) -> tuple[pd.DataFrame, pd.DataFrame, dict[int, str]]:
    """The records of the session cells, their failures, and {row: reason} of the rows that have none."""
    stacked = _of_records(stack_sessions(kept, tuple(session.letter for session in plan.sessions)), plan)
    chosen = _unless_skipped(stacked, plan)
    without = _without_records(kept, stacked, chosen)
    held = np.unique(chosen.at)
    learners = kept.iloc[held].reset_index(drop=True)
    at = np.searchsorted(held, chosen.at)
    numbers = np.array([session.number for session in plan.sessions])
    places = pd.DataFrame({"row": learners["row"].to_numpy()[at], "col": numbers[chosen.session]})
    sheet_rows = learners[["row"]].assign(col=0)
    fields, failures = _clean_fields(learners, marks, plan, sheet_rows)
    filled = {**_constants(plan, len(learners)), **fields}
    filled = {name: column.take(at).reset_index(drop=True) for name, column in filled.items()}
    filled |= _session_fields(chosen, plan) | _clean_cells(chosen, marks, plan, places, failures)
    filled |= _expiries(chosen, kept, marks, plan, places, failures)
    failures += [*_ragged(learners, marks, plan, sheet_rows), _nameless_sessions(chosen, plan, places)]
    return _frame(places, filled), join_failures(failures), without


def _of_records(stacked: Stacked, plan: SheetPlan) -> Stacked:
    """Without the cells whose mark says that there is no record, as if they were blank."""
    none = plan.cell.no_record if plan.cell else ()
    return _only(stacked, ~_is_one_of(stacked.cells, none)) if none else stacked


def _only(stacked: Stacked, keep: np.ndarray) -> Stacked:
    return Stacked(stacked.at[keep], stacked.session[keep], stacked.cells[keep].reset_index(drop=True))


def _unless_skipped(stacked: Stacked, plan: SheetPlan) -> Stacked:
    keep = np.ones(len(stacked.cells), dtype=bool)
    for letter, passed in plan.skip:
        here = np.array([letter in (session.letter, ANY_SESSION) for session in plan.sessions])
        if here.any():
            keep &= ~(here[stacked.session] & _is_one_of(stacked.cells, passed))
    return stacked if keep.all() else _only(stacked, keep)


def _without_records(kept: pd.DataFrame, stacked: Stacked, chosen: Stacked) -> dict[int, str]:
    rows = kept["row"].to_numpy()
    reasons = dict.fromkeys(rows[np.setdiff1d(np.arange(len(kept)), stacked.at)].tolist(), _NO_SESSION)
    return reasons | dict.fromkeys(rows[np.setdiff1d(stacked.at, chosen.at)].tolist(), _SKIPPED)


def _session_fields(chosen: Stacked, plan: SheetPlan) -> dict[str, pd.Series]:
    """What the headers of the session columns say, for each record."""
    index = pd.RangeIndex(len(chosen.cells))
    filled: dict[str, pd.Series] = {}
    for name in ("session_id", "session_start", "course_name"):
        said = [getattr(session, name) for session in plan.sessions]
        if any(said):
            filled[name] = text_series(pa.array(said, pa.large_string()).take(pa.array(chosen.session)), index)
    days = [session.session_date for session in plan.sessions]
    if any(days):
        filled["session_date"] = pd.Series(np.array(days, dtype="datetime64[s]")[chosen.session], index=index)
    return filled


_NO_COMPLETION = "a cell holds the day on which the course was completed, or nothing"


def _clean_cells(
    chosen: Stacked, marks: pd.DataFrame, plan: SheetPlan, places: pd.DataFrame, failures: list[pd.DataFrame]
) -> dict[str, pd.Series]:
    assert plan.cell is not None
    letters = np.array([session.letter for session in plan.sessions])[chosen.session]
    at = pd.DataFrame({"row": places["row"].to_numpy(), "column": letters}, index=chosen.cells.index)
    marked = marked_at(at, marks, plan.cell.field)
    cells = chosen.cells if marked is None else chosen.cells.mask(marked.code.notna().to_numpy())
    cleaned = clean_column(cells, plan.cell, plan.reading)
    if plan.cell.field == "completed_on":
        no_day = (cleaned.code == "date.invalid") & cleaned.detail.isna()
        cleaned = replace(cleaned, detail=cleaned.detail.mask(no_day, _NO_COMPLETION))
    if isinstance(cleaned, CleanedGrades) and plan.cell.out_of:
        possible = dict(plan.cell.out_of)
        points = pd.Series([possible.get(session.letter, "100") for session in plan.sessions], dtype="str")
        cleaned = read_points(cells, cleaned, points.take(chosen.session))
    cleaned = with_marked(cleaned, marked)
    code, is_day = cleaned.code, plan.cell.field == "completed_on"
    failing = np.flatnonzero(code.notna().to_numpy())
    sessions = [plan.sessions[number] for number in chosen.session[failing]]
    failures.append(
        failure_frame(
            row=places["row"].to_numpy()[failing],
            col=places["col"].to_numpy()[failing],
            column=pd.Series([session.letter for session in sessions], dtype="str"),
            header=pd.Series([session.header for session in sessions], dtype="str"),
            # A cell that is no day leaves the record without its session's, which is not missing too.
            field="session_date" if is_day else plan.cell.field,
            value=chosen.cells.iloc[failing].reset_index(drop=True),
            code=code.iloc[failing].reset_index(drop=True),
            detail=_or_never_calculated(cleaned.detail.iloc[failing], code.iloc[failing], chosen.cells.iloc[failing]),
        )
    )
    return {plan.cell.field: cleaned.values, **_said_beside(cleaned, plan.cell.field)}


def _expiries(
    chosen: Stacked,
    kept: pd.DataFrame,
    marks: pd.DataFrame,
    plan: SheetPlan,
    places: pd.DataFrame,
    failures: list[pd.DataFrame],
) -> dict[str, pd.Series]:
    """The days on which the courses expire, from the columns beside those of the sessions."""
    if plan.cell is None or not any(session.expires for session in plan.sessions):
        return {}
    cells = _no_text(chosen.cells.index)
    for number, session in enumerate(plan.sessions):
        if session.expires:
            here = chosen.session == number
            cells = cells.mask(here, text_series(texts(kept[session.expires]).take(pa.array(chosen.at)), cells.index))
    letters = pd.Series([session.expires for session in plan.sessions], dtype="str").take(chosen.session)
    at = pd.DataFrame({"row": places["row"].to_numpy(), "column": letters.to_numpy()}, index=cells.index)
    marked = marked_at(at, marks, "expires_on")
    cells = cells if marked is None else cells.mask(marked.code.notna().to_numpy())
    cells = cells.mask(_is_one_of(cells, plan.cell.no_record))
    cleaned = with_marked(clean_column(cells, replace(plan.cell, field="expires_on"), plan.reading), marked)
    failing = np.flatnonzero(cleaned.code.notna().to_numpy())
    headers = letters.map(plan.header_of)
    failures.append(
        failure_frame(
            row=places["row"].to_numpy()[failing],
            col=places["col"].to_numpy()[failing],
            column=letters.iloc[failing].reset_index(drop=True),
            header=headers.iloc[failing].reset_index(drop=True),
            field="expires_on",
            value=cells.iloc[failing].reset_index(drop=True),
            code=cleaned.code.iloc[failing].reset_index(drop=True),
            detail=cleaned.detail.iloc[failing].reset_index(drop=True),
        )
    )
    return {"expires_on": cleaned.values}


def _said_beside(cleaned: Cleaned, field: str) -> dict[str, pd.Series]:
    """What the cells of a wide sheet say beside their own field: a day of completion is one of a session, too."""
    if field == "grade":
        return {"score": scores(cleaned)}
    if field != "completed_on":
        return {}
    completed = pd.Series(COMPLETED, index=cleaned.values.index, dtype="str")
    return {"session_date": cleaned.values, "status": completed}


def _nameless_sessions(chosen: Stacked, plan: SheetPlan, places: pd.DataFrame) -> pd.DataFrame:
    """Records below a header that is no session: its date may be read two ways, or it is too long."""
    odd = np.array([session.problem is not None for session in plan.sessions])
    failing = np.flatnonzero(odd[chosen.session]) if odd.any() else np.array([], dtype=int)
    sessions = [plan.sessions[number] for number in chosen.session[failing]]
    return failure_frame(
        row=places["row"].to_numpy()[failing],
        col=places["col"].to_numpy()[failing],
        column=pd.Series([session.letter for session in sessions], dtype="str"),
        header=pd.Series([session.header for session in sessions], dtype="str"),
        field="session_date",
        value=pd.Series([session.header for session in sessions], dtype="str"),
        code=pd.Series([session.problem for session in sessions], dtype="str"),
        detail=pd.Series([session.detail for session in sessions], dtype="str"),
    )


def _no_text(index: pd.Index) -> pd.Series:
    """A missing text for every place of the index."""
    return text_series(pa.nulls(len(index), pa.large_string()), index)
