"""Sessions: named by ID, or looked up by course, date and start time, or given a code made of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from validators.findings import Finding
from validators.lookups import TEXT, UNKNOWN, Keys, Mask, Positions, fold, present, text_at

# Days fit into 22 bits, counted from the year 0.
_DAYS = 1 << 22
_YEAR_0 = 719_528
_NAME_IN_CODE = 255
_MADE_CODE = r"^(?P<course>.+?)\|(?P<session_date>\d{4}-\d{2}-\d{2})(?:\|(?P<session_start>\d{2}:\d{2}))?$"


class SessionIndex:
    """The loaded sessions by ID and by course, date and start time.

    `sessions`: session_id, course_id, course_name, session_start (`str`), session_date (datetime64[s]), grade_type.
    """

    def __init__(self, sessions: pd.DataFrame) -> None:
        self.sessions = sessions.drop_duplicates("session_id").reset_index(drop=True)
        self.ids = Keys(self.sessions["session_id"])
        names = fold(self.sessions["course_name"])
        self._by_course = _Calendar(self.sessions, self.sessions["course_id"])
        self._by_name = _Calendar(self.sessions, names)
        self._by_name_alone = _Calendar(self.sessions, names[self.sessions["course_id"].isna()])

    def look_up(self, rows: pd.DataFrame, course_ids: pd.Series) -> "Lookup":
        """The session of each row; `course_ids` are those of the rows, or those that their course names stand for."""
        known = self.ids.rows(self.ids.codes(rows["session_id"]))
        wanted = ~present(rows["session_id"]) & present(rows["session_date"])
        if not wanted.any():
            return Lookup(known, np.zeros(len(rows), dtype=np.int64), wanted)
        names = fold(rows["course_name"])
        wanted &= present(course_ids) | present(names)
        found, counts = self._by_course.find(course_ids, rows)
        for calendar, open_ in ((self._by_name_alone, present(course_ids)), (self._by_name, ~present(course_ids))):
            by_name, named_counts = calendar.find(names, rows)
            better = open_ & (counts == 0)
            found, counts = np.where(better, by_name, found), np.where(better, named_counts, counts)
        one = wanted & (counts == 1)
        return Lookup(np.where(one, found, known), np.where(wanted, counts, 0), wanted)

    def text_at(self, column: str, rows: Positions) -> pd.Series:
        """A text column of the sessions at these rows."""
        return text_at(self.sessions[column], rows)


@dataclass(frozen=True)
class Lookup:
    """What was found for each row.

    session: the row of its session in the index; UNKNOWN: none, or several.
    candidates: how many sessions fit course, date and start time, where the row has no session ID.
    wanted: the rows that were looked up so.
    """

    session: Positions
    candidates: Positions
    wanted: Mask


class _Calendar:
    """Sessions by course, day and start time."""

    def __init__(self, sessions: pd.DataFrame, course: pd.Series) -> None:
        of = sessions.loc[course.index]
        self._courses, self._starts = Keys(course), Keys(of["session_start"])
        days = _days(self._courses.codes(course), of["session_date"])
        starts = np.where(present(of["session_start"]), self._starts.codes(of["session_start"]), self._blank)
        self._by_day = Keys(pd.Series(days, index=course.index)[days != UNKNOWN])
        self._by_start = Keys(pd.Series(self._slots(days, starts), index=course.index)[days != UNKNOWN])

    @property
    def _blank(self) -> int:
        """The number that stands for no start time."""
        return len(self._starts)

    def _slots(self, days: Positions, starts: Positions) -> Positions:
        return np.where((days >= 0) & (starts >= 0), days * (self._blank + 1) + starts, UNKNOWN)

    def find(self, course: pd.Series, rows: pd.DataFrame) -> tuple[Positions, Positions]:
        """The first fitting session of each row, and how many fit.

        A row with a start time fits the sessions of that time, else those of the day that have none.
        """
        if not len(self._courses):
            return np.full(len(rows), UNKNOWN), np.zeros(len(rows), dtype=np.int64)
        days = _days(self._courses.codes(course), rows["session_date"])
        of_day = self._by_day.codes(days)
        found, counts = self._by_day.rows(of_day), self._by_day.counts(of_day)
        timed = present(rows["session_start"])
        if not timed.any():
            return found, counts
        exact = self._by_start.codes(self._slots(days, self._starts.codes(rows["session_start"])))
        untimed = self._by_start.codes(self._slots(days, np.full(len(rows), self._blank)))
        of_start = np.where(exact >= 0, exact, untimed)
        return (
            np.where(timed, self._by_start.rows(of_start), found),
            np.where(timed, self._by_start.counts(of_start), counts),
        )


def judge_sessions(
    rows: pd.DataFrame, course_ids: pd.Series, index: SessionIndex, lookup: Lookup, required: bool
) -> Iterator[Finding]:
    """The rows against the loaded sessions; unknown ones are told only where they are `required`."""
    by_id, none = present(rows["session_id"]), lookup.session == UNKNOWN
    several = lookup.candidates > 1

    def wanted(at: Positions) -> pd.Series:
        return _wanted(rows.iloc[at])

    def candidates(at: Positions) -> pd.Series:
        return _wanted(rows.iloc[at]) + " has " + pd.Series(lookup.candidates, dtype="str").iloc[at] + " sessions"

    if required:
        yield Finding("session.unknown", "session_id", ~(by_id & none), lambda at: rows["session_id"].iloc[at])
        unfound = lookup.wanted & (lookup.candidates == 0)
        yield Finding("session.unknown", "session_date", ~unfound, wanted)
    yield Finding("session.ambiguous", "session_date", ~several, candidates)
    their_course, their_name = (index.text_at(column, lookup.session) for column in ("course_id", "course_name"))
    compared = present(their_course) & present(course_ids)
    other_id = compared & (their_course.to_numpy() != course_ids.to_numpy())
    names, their_names = fold(rows["course_name"]), fold(their_name)
    other_name = ~compared & present(names) & present(their_names) & (names.to_numpy() != their_names.to_numpy())
    yield Finding(
        "session.not_in_course",
        "session_id",
        ~(by_id & (other_id | other_name)),
        lambda at: their_course.fillna(their_name).iloc[at],
    )


def name_sessions(rows: pd.DataFrame, index: SessionIndex | None, lookup: Lookup | None, make: bool) -> pd.DataFrame:
    """The rows with the `session_id` that was looked up or, where `make` says so, made; and their `grade_type`."""
    if index is not None and lookup is not None:
        grade_types = index.text_at("grade_type", lookup.session)
        found = index.text_at("session_id", lookup.session)
        rows = rows.assign(
            session_id=rows["session_id"].fillna(found),
            grade_type=grade_types.fillna(rows["grade_type"].astype(TEXT)),
        )
    unnamed = ~present(rows["session_id"])
    if lookup is not None:
        unnamed &= lookup.candidates == 0
    if not (make and unnamed.any()):
        return rows
    codes = session_codes(rows)
    return rows.assign(session_id=rows["session_id"].where(~unnamed, codes))


def session_codes(rows: pd.DataFrame) -> pd.Series:
    """The codes of sessions that have no ID: course, date and start time, as `FIRE-01|2024-01-12|09:30`; `str`.

    The course is its ID, else its folded name (cut at 255 characters, then with a digest). Missing without course or
    date. Read from the right a code has one meaning only: a time is no date.
    """
    courses = rows["course_id"].fillna(_names_for_codes(rows["course_name"]))
    days = pc.cast(pc.cast(pa.array(rows["session_date"]), pa.date32()), pa.large_string())
    course, start = (pc.cast(pa.array(cells), pa.large_string()) for cells in (courses, rows["session_start"]))
    bar = pa.scalar("|", pa.large_string())
    joined = pc.binary_join_element_wise(course, days, bar)
    timed = pc.binary_join_element_wise(joined, start, bar)
    return pd.Series(pc.coalesce(timed, joined), index=rows.index, dtype=TEXT)


def read_session_codes(codes: pd.Series) -> pd.DataFrame:
    """What codes that `session_codes` made say, on their index: course (ID or folded name), session date and start.

    course, session_date (datetime64[s]), session_start, else `str`; all are missing where a code was not made so.
    """
    said = codes.astype(TEXT).str.extract(_MADE_CODE)
    dates = pd.to_datetime(said["session_date"], format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
    return said.where(dates.notna()).assign(session_date=dates).astype({"course": TEXT, "session_start": TEXT})


def _names_for_codes(names: pd.Series) -> pd.Series:
    folded = fold(names)
    long = folded.str.len() > _NAME_IN_CODE
    return folded.where(~long, folded[long].map(_shortened).astype(TEXT)) if long.any() else folded


def _shortened(name: str) -> str:
    digest = blake2b(name.encode(), digest_size=8).hexdigest()
    return f"{name[: _NAME_IN_CODE - len(digest) - 1]}~{digest}"


def _days(courses: Positions, dates: pd.Series) -> Positions:
    """Course and day as one number; UNKNOWN where one of them is."""
    known = (courses >= 0) & present(dates)
    day = dates.to_numpy("datetime64[D]").astype(np.int64) + _YEAR_0
    return np.where(known, courses * _DAYS + np.where(known, day, 0), UNKNOWN)


def _wanted(rows: pd.DataFrame) -> pd.Series:
    course = rows["course_id"].fillna(rows["course_name"])
    start = (" at " + rows["session_start"]).fillna("")
    told: pd.Series = course + " on " + rows["session_date"].dt.strftime("%Y-%m-%d").astype(TEXT) + start
    return told
