"""Wide sheets: a row a learner, a column a session, what became of it in the cell."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa

from rollbook.profile import Profile
from rollbook.rows.fields import FIELDS
from transforms.planning.columns.column_mapping import ProfileMismatch, letter_of
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import readings
from transforms.values.cleaner import text_series, texts
from transforms.values.dates.calendar_words import DAYS, folded
from transforms.values.dates.date_readings import is_part_of_date
from transforms.values.dates.dates import clean_dates, clean_times, infer_order
from transforms.values.ids import clean_ids
from transforms.values.lookalikes import own_script
from transforms.vocabulary.languages import languages, words_of

# `2022.02.07`, `2022-02-07 00:00:00`, `7/2/2022`, `13 Apr 2022 9.00AM All students`, `Mon 13-Apr-22`, `20220207`,
# `Session 1 (Mar 14 2022)`, `Week 2 - 14/03/2022`
_DAY = (
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})|\d{8}"
    r"|\d{1,2}(?:st|nd|rd|th)?[\s-]+[A-Za-z]{3,9}\.?,?[\s-]+(?:\d{4}|\d{2})"
    r"|[A-Za-z]{3,9}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}"
)
_TIME = r"\d{1,2}(?:[:.]\d{2}){1,2}\s*(?:[AaPp]\.?[Mm]\.?)?|\d{1,2}\s*[AaPp]\.?[Mm]\.?"
_DATED = re.compile(
    rf"\s*(?:(?P<before>[A-Za-z]{{2,9}})(?:\s+#?\d{{1,2}}\s*[-–:(\[]|[.,]?(?=\s))\s*[(\[]?)??(?P<day>{_DAY})(?:(?:[T,]\s*|\s+(?:at\s+|-\s+)?)(?P<time>{_TIME}))?(?!\d)(?P<rest>\D.*)?\s*",
    re.DOTALL,
)
_ORDINAL = re.compile(r"(?<=\d)(st|nd|rd|th)\b")
_MIDNIGHT = "00:00"
_FEW = 6
_OF_SESSIONS = frozenset({"session", "date", "start"})
# `Sept. 2022`, `17 March`: a longer header with a month in it is about something else.
_SHORT = 16
_SHORTEST_MONTH = 28
_DAYS_OF_MONTH = frozenset(range(1, 32))
_RANGE = re.compile(r"\s*([A-Za-z]{1,3})\s*:\s*([A-Za-z]{1,3})\s*")


@dataclass(frozen=True)
class SessionColumn:
    """One session of a wide sheet, or one course of a matrix, whose cells hold the days of completion.

    number: 1-based number of its column in the sheet. session_date: ISO text. course_name: of a matrix only.
    problem: the code of why the header is no session, with `detail`; its records are rejected for it. expires: the
    letter of the column beside it with the days on which its course expires.
    """

    letter: str
    number: int
    header: str
    session_id: str | None = None
    session_date: str | None = None
    session_start: str | None = None
    problem: str | None = None
    detail: str | None = None
    course_name: str | None = None
    expires: str | None = None

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of all its columns."""
        return (self.letter, self.expires) if self.expires else (self.letter,)


def dated(header: str) -> re.Match[str] | None:
    """The day, time and rest of a header that begins with a date."""
    return _DATED.fullmatch(header) if any(character.isdigit() for character in header) else None


def is_own_date(header: str) -> bool:
    """Is the date of a header that of a session? What stands before it is a day of the week or a word for a session."""
    found = dated(header)
    before = found["before"] if found else None
    if found is None or before is None:
        return found is not None
    word = folded(before)
    return (
        word in DAYS
        or word == "week"
        or any(
            classes <= _OF_SESSIONS
            for language in languages().values()
            for classes in readings(words_of(before), language)
        )
    )


def session_columns(
    below: Below, profile: Profile, from_workbook: bool, today: date, months: Collection[str] = ()
) -> tuple[SessionColumn, ...]:
    """The sessions: the columns that the profile names, else those headed by a date; raises ProfileMismatch.

    months: the letters of the columns whose header is a typed month, which spreadsheet programs store as its first day.
    """
    letters = named_letters(below, profile) or _dated_letters(below.headers, from_workbook, today)
    if not letters:
        raise ProfileMismatch(
            "no column has a date as its header: name the columns of the sessions, "
            '[sheet] sessions = "C:AG" or a list of headers.'
        )
    return sessions_of(below, letters, profile, from_workbook, today, months)


def sessions_of(
    below: Below,
    letters: Sequence[str],
    profile: Profile,
    from_workbook: bool,
    today: date,
    months: Collection[str] = (),
) -> tuple[SessionColumn, ...]:
    """The sessions of these columns; raises ProfileMismatch for a header that is a month, and for two of one day.

    months: as there.
    """
    headers = below.headers
    if undated := [letter for letter in letters if letter in months]:
        raise ProfileMismatch(_without_day(undated, headers))
    days = _days_of([headers[letter] for letter in letters], profile, from_workbook, today, below.spoken)
    numbers = {letter: number for number, letter in enumerate(headers, start=1)}
    own = own_script(pa.array([headers[letter] for letter in letters], pa.large_string()), False, below.script_in_use)
    sessions = tuple(
        _session(letter, numbers[letter], headers[letter], day, own) for letter, day in zip(letters, days, strict=True)
    )
    _refuse_one_day(sessions, below)
    return sessions


def _refuse_one_day(sessions: Sequence[SessionColumn], below: Below) -> None:
    """Raise ProfileMismatch where learners have cells in two columns of one day, which no time tells apart."""
    known: dict[tuple[str | None, str | None], SessionColumn] = {}
    for session in sessions:
        other = known.setdefault((session.session_date, session.session_start), session)
        if session.session_date is None or other is session or not _held_both(below, session.letter, other.letter):
            continue
        raise ProfileMismatch(
            f"columns {other.letter} (“{other.header}”) and {session.letter} (“{session.header}”) are sessions of the "
            f"same day, and learners have entries in both. Add the start time to each header, such as "
            f"“{session.session_date} 09:00”; if they are one session, remove one of the columns."
        )


def _held_both(below: Below, one: str, other: str) -> bool:
    held = (frame.notna().all(axis=1).any() for frame in below.frames([one, other]))
    return any(held)


def _without_day(letters: Sequence[str], headers: Mapping[str, str]) -> str:
    some = ", ".join(letters[:_FEW]) + (", …" if len(letters) > _FEW else "")
    columns = f"column {some} shows" if len(letters) == 1 else f"columns {some} show"
    return (
        f"{columns} only a month or year in the header, such as {headers[letters[0]][:7]}, but a session has a day. "
        "Write it there, such as 2024-01-31. If nobody knows the day, write the month as text ('Jan 2024, with the "
        "apostrophe). "
        'Administrator: then name the columns, [sheet] sessions = "C:AG" or a list of headers: such a header is the '
        "session's ID."
    )


def named_letters(below: Below, profile: Profile) -> list[str]:
    """The letters of the session columns that the profile names; raises ProfileMismatch."""
    headers, sessions = below.headers, profile.sheet.sessions
    if isinstance(sessions, list):
        return [letter_of(header, headers, "[sheet] sessions") for header in sessions]
    if sessions is None:
        return []
    bounds = _RANGE.fullmatch(sessions)
    if not bounds:
        return [letter_of(sessions, headers, "[sheet] sessions")]
    first, last = (_number(bounds[1]), _number(bounds[2]))
    inside = [x for x in headers if first <= _number(x) <= last and (headers[x] or below.filled(x))]
    if not inside:
        raise ProfileMismatch(
            f'[sheet] sessions = "{sessions}" contains no column of the sheet; its last column is {list(headers)[-1]}.'
        )
    return inside


def _number(letters: str) -> int:
    number = 0
    for character in letters.upper():
        number = number * 26 + ord(character) - 64
    return number


def _dated_letters(headers: Mapping[str, str], from_workbook: bool, today: date) -> list[str]:
    found = [letter for letter, header in headers.items() if dated(header)]
    if not found:
        return []
    cleaned = clean_dates(_days([headers[letter] for letter in found]), None, None, False, today, from_workbook)
    certain = (cleaned.values.notna() | (cleaned.code == "date.ambiguous")).tolist()
    return [letter for letter, is_date in zip(found, certain, strict=True) if is_date]


def dated_headers(
    headers: Mapping[str, str], from_workbook: bool, today: date, months: Collection[str] = ()
) -> list[str]:
    """The letters of the columns that are headed by a date. months: as in `session_columns`."""
    return [letter for letter in _dated_letters(headers, from_workbook, today) if letter not in months]


def partly_dated(headers: Mapping[str, str], months: Collection[str] = ()) -> list[str]:
    """The headers that say a part of a date only: a month, a day without its year or its month. months: as there."""
    texts = {letter: text for letter, header in headers.items() if (text := " ".join(header.split()))}
    days = _days_of_month([text for text in texts.values() if text.isdecimal()])
    return [
        text[:7] if letter in months else text
        for letter, text in texts.items()
        if letter in months or (len(text) <= _SHORT and is_part_of_date(text)) or text in days
    ]


def _days_of_month(numbers: Sequence[str]) -> frozenset[str]:
    """The headers `9`, `16`, `23`, which may be days of one month; `1`, `2`, `3` may number anything."""
    days = [int(number) for number in numbers]
    ascend = all(one < other for one, other in pairwise(days)) and set(days) <= _DAYS_OF_MONTH
    counted = days == list(range(1, len(days) + 1)) and len(days) < _SHORTEST_MONTH
    return frozenset(numbers if ascend and not counted else ())


def _days(headers: list[str]) -> pd.Series:
    days = [_ORDINAL.sub("", found["day"]) if (found := dated(header)) else None for header in headers]
    return text_series(pa.array(days, pa.large_string()), pd.RangeIndex(len(days)))


@dataclass(frozen=True)
class _Day:
    day: str | None
    code: str | None
    detail: str | None


def _days_of(
    headers: list[str], profile: Profile, from_workbook: bool, today: date, spoken: Collection[str]
) -> list[_Day]:
    days = _days(headers)
    reading = infer_order(days.drop_duplicates(), from_workbook, today, spoken)
    cleaned = clean_dates(
        days,
        profile.dates.order or reading.order,
        profile.dates.typed,
        reading.suspect_swap,
        today,
        from_workbook,
        language=reading.language,
        day_second=reading.day_second and profile.dates.order != "YMD",
    )
    values = cleaned.values.dt.strftime("%Y-%m-%d")
    return [
        _Day(*(cell if isinstance(cell, str) else None for cell in line))
        for line in zip(values, cleaned.code, cleaned.detail, strict=True)
    ]


def _session(letter: str, number: int, header: str, day: _Day, own: bool) -> SessionColumn:
    found = dated(header)
    if found and (day.day or day.code == "date.ambiguous"):
        time = _time(found["time"])
        return SessionColumn(letter, number, header, None, day.day, time, day.code, day.detail)
    name = text_series(pa.array([" ".join(header.split()) or None]), pd.RangeIndex(1))
    cleaned = clean_ids(name, FIELDS["session_id"].max_length, own_script=own)
    session, code, detail = (_text(column) for column in (cleaned.values, cleaned.code, cleaned.detail))
    return SessionColumn(letter, number, header, session, None, None, code, detail)


def _text(one: pd.Series) -> str | None:
    text = one.iat[0]
    return text if isinstance(text, str) else None


def _time(text: str | None) -> str | None:
    if not text:
        return None
    cleaned = _text(clean_times(text_series(pa.array([text]), pd.RangeIndex(1))).values)
    return None if cleaned == _MIDNIGHT else cleaned


@dataclass(frozen=True)
class Stacked:
    """The session cells of a wide part below each other, in sheet order, blank ones left out.

    at: position of the sheet row in the part; session: position in the sessions; cells: what stands there.
    """

    at: np.ndarray
    session: np.ndarray
    cells: pd.Series


def stack_sessions(part: pd.DataFrame, letters: tuple[str, ...]) -> Stacked:
    """A line for each non-blank cell of the session columns, ordered by row, then by column."""
    at, session, cells = [], [], []
    for number, letter in enumerate(letters):
        filled = np.flatnonzero(part[letter].notna().to_numpy())
        at.append(filled)
        session.append(np.full(len(filled), number))
        cells.append(texts(part[letter]).take(pa.array(filled)))
    rows, numbers = np.concatenate(at), np.concatenate(session)
    order = np.lexsort((numbers, rows))
    stacked = pa.concat_arrays(cells).take(pa.array(order))
    return Stacked(rows[order], numbers[order], text_series(stacked, pd.RangeIndex(len(order))))
