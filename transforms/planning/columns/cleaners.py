"""Which cleaner a field's kind has: texts in, clean values out."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.rows.fields import FIELDS, Field
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.columns.garbled import garbled_in
from transforms.planning.columns.marked import with_marked
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import meaning_of_answers, says
from transforms.values.activity_words import clean_activities
from transforms.values.amounts import clean_amounts, without_unit
from transforms.values.cleaner import Cleaned, text_series, texts
from transforms.values.dates.dates import Order, Typed, clean_dates, clean_times, infer_order
from transforms.values.dates.expiries import EXPIRY, latest_expiry, without_never
from transforms.values.grades import clean_grades, infer_numbers
from transforms.values.ids import LEARNERS, clean_emails, clean_ids
from transforms.values.lookalikes import as_latin, lookalike, own_script
from transforms.values.normalize import bytes_of, trim
from transforms.values.statuses.access_words import clean_access
from transforms.values.statuses.outcome_words import clean_outcomes
from transforms.values.statuses.status_answers import Answers, clean_answers, has_ticks, texts_of
from transforms.values.statuses.status_words import StatusMeaning, clean_statuses, letter_answers
from transforms.values.statuses.yes_no import clean_yes_no
from transforms.values.text import MATCHED, clean_text, fold

_BETWEEN_PARTS = re.compile(r"\s*\d{1,2}([-./])\d{1,2}\1\d{2,4}\b")


@dataclass(frozen=True)
class CleaningTerms:
    """What the cleaners know of the file: the day of the run's start, whether its dates may be typed, [dates] typed."""

    today: date
    from_workbook: bool
    typed: Typed | None = None


def read_as(
    column: ColumnPlan,
    distinct: pd.Series,
    reading: CleaningTerms,
    order: Order | None,
    script_in_use: bool = False,
    spoken: Collection[str] = (),
) -> ColumnPlan:
    """The column with what its distinct texts tell about all of them: date order, decimal comma, ticks, script, ….

    order: what the profile says about days and months; it stands above what the texts tell. script_in_use: another
        script than Latin is in use in the sheet. spoken: the languages of the sheet's headers.
    """
    kind = FIELDS[column.field].kind
    known = distinct if kind in ("status", "outcome") else _replaced(distinct, dict(column.values))
    if kind == "date":
        dates = infer_order(known, reading.from_workbook, _latest(column.field, reading), spoken)
        said = order or order_said(column.headers)
        return replace(
            column,
            date_order=order or dates.order or said,
            suspect_swap=dates.suspect_swap,
            serials=dates.serials,
            language=dates.language,
            day_second=dates.day_second and said != "YMD",
        )
    if kind == "grade":
        numbers = infer_numbers(known)
        return replace(
            column, decimal_comma=numbers.decimal_comma, fraction=numbers.fraction, thousands=numbers.thousands
        )
    if kind == "amount":
        return replace(column, decimal_comma=infer_numbers(known.map(without_unit)).decimal_comma)
    if kind == "status":
        letters = letter_answers(texts_of(distinct.dropna()), column.headers, spoken)
        return replace(column, meaning=_meaning(column, distinct), legend=column.legend or tuple(letters.items()))
    if may_look_alike(column.field):
        return replace(column, own_script=own_script(texts(distinct).drop_null(), kind != "id", script_in_use))
    return column


# `Date (dd/mm/yyyy)`, in several languages: `TT.MM.JJJJ`, `JJ/MM/AAAA`.
_SHAPES: tuple[tuple[str, Order], ...] = (
    (r"([DTJG])\1?~MM?~([YJAR])\2{1,3}", "DMY"),
    (r"MM?~([DTJG])\1?~([YJAR])\2{1,3}", "MDY"),
    (r"([YJAR])\1{3}~MM?~([DTJG])\2?", "YMD"),
)
_SAID = tuple(
    (re.compile(rf"(?<![^\W\d_]){shape}(?![^\W\d_])".replace("~", r"\s?[-./]\s?"), re.IGNORECASE), order)
    for shape, order in _SHAPES
)


def order_said(headers: Iterable[str]) -> Order | None:
    """The order of day and month that a column's header says."""
    found = {order for header in headers for shape, order in _SAID if shape.search(header)}
    return found.pop() if len(found) == 1 else None


def _meaning(column: ColumnPlan, distinct: pd.Series) -> StatusMeaning:
    """What answers mean under the header; of several columns together, whether a cross is a yes."""
    if column.answers:
        return replace(column.meaning, cross=None if has_ticks(distinct) else column.answers[0])
    said = column.meaning
    return replace(meaning_of_answers((*column.headers, "")[0], distinct), dated=said.dated, blank=said.blank)


def with_one_order(
    columns: tuple[ColumnPlan, ...], below: Below, reading: CleaningTerms, titles: Iterable[str] = ()
) -> tuple[ColumnPlan, ...]:
    """The columns, dates whose order nothing tells read in that of the file's other dates of the same form.

    titles: texts above the table, whose dates tell an order too, as do those of columns that feed nothing.
    """
    dates = [column for column in columns if FIELDS[column.field].kind == "date" and not column.pattern]
    if not any(column.date_order is None and _forms(column, below) for column in dates):
        return columns
    forms = _orders_beside(below, {x for column in columns for x in column.letters}, reading, titles)
    for column in dates:
        if column.date_order:
            for form in _forms(column, below):
                forms.setdefault(form, set()).add(column.date_order)
    return tuple(
        replace(column, date_order=_of_forms(_forms(column, below), forms))
        if column in dates and column.date_order is None
        else column
        for column in columns
    )


def _orders_beside(
    below: Below, fed: Collection[str], reading: CleaningTerms, titles: Iterable[str]
) -> dict[str, set[Order]]:
    """What stands between the parts of a date -> the orders that other columns and titles have in that form."""
    forms: dict[str, set[Order]] = {}
    columns = (below.at_top(x) for x in below.headers if x not in fed and below.holds_dates(x))
    for said in (*columns, *([text] for text in titles)):
        cells = text_series(pa.array(said, pa.large_string()), pd.RangeIndex(len(said)))
        order = read_as(ColumnPlan("session_date", ()), cells, reading, None).date_order
        if order is not None:
            for match in filter(None, map(_BETWEEN_PARTS.match, said)):
                forms.setdefault(match[1], set()).add(order)
    return forms


def _of_forms(own: frozenset[str], forms: Mapping[str, set[Order]]) -> Order | None:
    """The one order that columns of these forms have."""
    orders = [forms.get(form, set()) for form in own]
    return next(iter(orders[0])) if len(orders) == 1 and len(orders[0]) == 1 else None


def _forms(column: ColumnPlan, below: Below) -> frozenset[str]:
    """What stands between the parts of the dates at the top of a column: `/` of `3/14/2023`."""
    found = (_BETWEEN_PARTS.match(text) for text in below.at_top(column.letters[0]))
    return frozenset(match[1] for match in found if match)


def may_look_alike(field: str) -> bool:
    """Are texts of this field compared with each other, so that letters of two scripts make two of one?"""
    return FIELDS[field].kind == "id" or field in MATCHED


def names_learners(field: str) -> bool:
    """Are its IDs those of learners?"""
    return FIELDS[field].kind == "id" and field in LEARNERS


def needs_distinct(field: str) -> bool:
    """Is a column of this field read as the whole column tells?"""
    return FIELDS[field].kind in ("date", "grade", "status", "amount")


def clean_column(cells: pd.Series, column: ColumnPlan, reading: CleaningTerms) -> Cleaned:
    """The clean values of a field's texts (`transforms.values.cleaner.Cleaned`; a grade's have a `score` too)."""
    cleaned = _clean(cells, column, reading)
    cleaned = _lookalikes_named(cells, cleaned, lambda texts: _clean(texts, column, reading))
    return _emptied(cells, cleaned, column) if column.empties else cleaned


# Destination -> the fields that it can be told to hold nothing in, by a word of the profile whose value is ''.
EMPTIED = {"moon": ("grade", "feedback")}


def _emptied(cells: pd.Series, cleaned: Cleaned, column: ColumnPlan) -> Cleaned:
    """The cleaned cells; those that the profile replaces by nothing are '' and not missing."""
    words = {word: "\x00" for word, value in column.values if not trim(value)}
    if not words:
        return cleaned
    emptied = (_replaced(cells, words) == "\x00").to_numpy(bool)
    return replace(cleaned, values=cleaned.values.mask(emptied, ""))


def _answering(column: ColumnPlan) -> Iterable[tuple[str, str, str]]:
    """(header, letter, the status that yes means there) of several columns that say a status."""
    return zip(column.headers, column.letters, column.answers, strict=True)


def _clean(cells: pd.Series, column: ColumnPlan, reading: CleaningTerms) -> Cleaned:
    field, words = FIELDS[column.field], dict(column.values)
    if column.answers:
        columns = [(header or letter, status) for header, letter, status in _answering(column)]
        checked_in = any(says(header, "checked_in") for header in column.headers)
        crosses, letters = bool(column.meaning.cross), dict(column.legend)
        return clean_answers(cells, Answers(columns, not column.by_profile, crosses, checked_in, letters), words)
    if field.kind == "status":
        return clean_statuses(cells, column.meaning, words, dict(column.legend))
    if field.kind == "outcome":
        return clean_outcomes(cells, words)
    cells = _replaced(cells, words)
    garbled = garbled_in(cells)
    if garbled is None:
        return _clean_as(field, cells, column, reading)
    cells = cells.mask(garbled.code.notna().to_numpy())
    return with_marked(_clean_as(field, cells, column, reading), garbled)


def _clean_as(field: Field, cells: pd.Series, column: ColumnPlan, reading: CleaningTerms) -> Cleaned:
    cleaners: dict[str, Callable[[], Cleaned]] = {
        "email": lambda: clean_emails(cells),
        "id": lambda: clean_ids(
            cells,
            field.max_length,
            field.name in LEARNERS,
            reading.from_workbook,
            column.own_script,
            may_be_name=column.by_profile,
            numbered=column.numbered,
            stored=column.stored,
        ),
        "date": lambda: _clean_days(field, cells, column, reading),
        "time": lambda: clean_times(cells),
        "grade": lambda: clean_grades(cells, column.decimal_comma, column.fraction, column.thousands),
        "amount": lambda: clean_amounts(cells, field.name, column.decimal_comma),
        "yes_no": lambda: clean_yes_no(cells),
        "activity": lambda: clean_activities(cells),
        "access": lambda: clean_access(cells),
        "text": lambda: clean_text(cells, field.max_length, field.name in MATCHED, column.own_script),
    }
    return cleaners[field.kind]()


def _clean_days(field: Field, cells: pd.Series, column: ColumnPlan, reading: CleaningTerms) -> Cleaned:
    if field.name == EXPIRY:
        cells = without_never(cells)
    return clean_dates(
        cells,
        column.date_order,
        reading.typed,
        column.suspect_swap,
        _latest(field.name, reading),
        reading.from_workbook,
        column.serials,
        column.language,
        column.day_second,
    )


def _latest(field: str, reading: CleaningTerms) -> date:
    """The day after which a two-digit year is one of the century before."""
    return latest_expiry(reading.today) if field == EXPIRY else reading.today


# What a word that is not known, or no date, is refused for.
_UNKNOWN = (
    *("status.unknown", "outcome.unknown", "grade.unknown", "value.unknown", "activity.unknown", "access.unknown"),
    "date.invalid",
)


def _lookalikes_named(cells: pd.Series, cleaned: Cleaned, clean: Callable[[pd.Series], Cleaned]) -> Cleaned:
    """The cleaned cells; of one that is refused for a letter that looks like another one, that letter is told.

    Such is a word of two scripts, and one that were read with Latin letters in the place of those that look like them.
    """
    if texts(cleaned.code).null_count == len(cells):
        return cleaned
    refused = cleaned.code.isin(_UNKNOWN).to_numpy(bool)
    array = texts(cells).filter(pa.array(refused))
    if bytes_of(array).isascii():
        return cleaned
    distinct = array.unique()
    latin = clean(text_series(pa.array(map(as_latin, distinct.to_pylist()), array.type), pd.RangeIndex(len(distinct))))
    told = {
        text: lookalike(text, own_script=not read)
        for text, read in zip(distinct.to_pylist(), latin.values.notna(), strict=True)
    }
    letters = pd.Series(cells[refused].map(told), dtype="str").dropna()
    code, detail = cleaned.code.copy(), cleaned.detail.copy()
    code[letters.index], detail[letters.index] = "value.lookalike", letters
    return replace(cleaned, code=code, detail=detail)


def _replaced(cells: pd.Series, words: Mapping[str, str]) -> pd.Series:
    """The texts with the profile's words put in the place of those that it names, spelled so or folded so."""
    if not words:
        return cells
    exact = {trim(word): value for word, value in words.items()}
    folded = {fold(word): value for word, value in words.items() if fold(word)}
    encoded = pc.dictionary_encode(pa.array(cells, pa.large_string()))
    texts = encoded.dictionary.to_pylist()
    said = [exact.get(trim(text), folded.get(fold(text), text)) for text in texts]
    return text_series(pa.array(said, pa.large_string()).take(encoded.indices), cells.index)


def scores(cleaned: Cleaned) -> pd.Series:
    """The numbers of cleaned grades (float64), missing where the grade is none."""
    found = getattr(cleaned, "score", None)
    return found if found is not None else pd.Series(np.nan, index=cleaned.values.index)
