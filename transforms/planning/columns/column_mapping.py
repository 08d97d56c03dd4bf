"""Which column feeds which field: the profile's word first, then the usual headers."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.profile import Column, PatternColumn, Profile, StatusColumns, headers_of
from rollbook.rows.fields import FIELDS
from rollbook.text.quoted import quoted
from transforms.planning.columns.answer_columns import answer_columns
from transforms.planning.columns.misleading import (
    SYSTEMS_OWN,
    is_misleading,
    of_attendance,
    says_only_what_is_valid,
    says_only_who_was_enrolled,
    without_contradicted,
    without_rates,
)
from transforms.planning.columns.points import is_reached
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import meaning_of_answers
from transforms.planning.table.headers import (
    FIRST_COUNTS,
    LAST_RESORT,
    Usual,
    header_key,
    name_part,
    nearest_header,
    usual_entries,
)
from transforms.values.cleaner import text_series
from transforms.values.dates.dates import Order
from transforms.values.statuses.status_answers import joined_answers
from transforms.values.statuses.status_words import StatusMeaning, status_meaning

_BY_LETTER = re.compile(r"@([A-Za-z]{1,3})")
_FEW_ANSWERS = 20
# How far a status that says nothing of an attendance (`Active`) ranks behind one that does, and behind answers, which
# rank behind words.
_BEHIND, _BEHIND_WORDS, _LAST = 7.5, 4, LAST_RESORT - 0.1
_LESS = 2
_NO_MEANING = StatusMeaning()
_BARE_NAME = Usual("learner_name", LAST_RESORT, "name", only="single_words")
_WHOLE_NAMES = frozenset({"name", "fullname"})
# Headers that say a status word but are no question that yes answers.
_NO_QUESTIONS = frozenset({"left", "late", "warning", "overdue", "assigned", "pastdue", "attending", "p", "inprogress"})


class ProfileMismatch(Exception):
    """The profile names something that the sheet does not have; told as a failure of the sheet."""


class AmbiguousColumns(Exception):
    """Two columns are equally good for one field; told as a failure of the sheet, if it holds learners at all.

    rivals: field -> the letters of its columns; none where the profile's own words are ambiguous.
    """

    def __init__(self, message: str, rivals: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> None:
        super().__init__(message)
        self.rivals = rivals


@dataclass(frozen=True)
class ColumnPlan:
    """How one field is read from its column, the same for every part of the sheet.

    letters, headers: the columns; several are joined. pattern: only what it captures counts.
    by_profile: the profile names the column, not the table of usual headers.
    values: (text, value) that the profile gives for the field. empties: a text whose value is '' empties the field in
        the destination; else it is a blank.
    date_order: DMY, MDY or YMD, None where unknown; suspect_swap: typed dates whose day and month were changed over;
    clock: its times of day are the sessions' own; serials: its numbers are Excel's days; language: of its months;
    day_second: it may stand between year and month.
    decimal_comma, fraction, thousands: how its numbers are read. meaning: what yes and no say under the header.
    own_script: a word of nothing but letters that look like Latin ones is read as one of another script; stored: so
        are these, which the destination has.
    numbered: its IDs have figures, so that a word among them is none.
    out_of: (letter, where its possible points are: `@G`, or the number, `/40` where it is
        sure that they are meant) of grades that are points.
    legend: (mark, word) that the sheet explains its cells by; no_record: marks for cells that are no records.
    answers: the statuses that yes means in each of the columns, which say the status together.
    """

    field: str
    letters: tuple[str, ...]
    headers: tuple[str, ...] = ()
    pattern: str | None = None
    by_profile: bool = False
    values: tuple[tuple[str, str], ...] = ()
    empties: bool = False
    date_order: Order | None = None
    suspect_swap: bool = False
    clock: bool = False
    serials: bool = False
    language: str | None = None
    day_second: bool = False
    decimal_comma: bool = False
    fraction: bool = False
    thousands: bool = False
    meaning: StatusMeaning = _NO_MEANING
    own_script: bool = False
    stored: tuple[str, ...] = ()
    numbered: bool = False
    out_of: tuple[tuple[str, str], ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    no_record: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()


def map_columns(
    below: Below,
    profile: Profile,
    destination: str,
    *,
    skipped: Iterable[str] = (),
    points: bool = False,
    unwanted: Collection[str] = (),
    recorded: Sequence[ColumnPlan] | None = None,
) -> tuple[ColumnPlan, ...]:
    """The columns of all fields, in the order of `FIELDS`; raises ProfileMismatch and AmbiguousColumns.

    skipped: letters that the usual headers do not map (the sessions of a wide sheet). points: the sheet has a column of
        possible points, so that a percentage is a better grade than `Score`. unwanted: fields that only the profile
        maps. recorded: the columns of an
        earlier plan, made when all rows were at hand: those by usual headers stay, and no further ones come.
    """
    said = {
        name: plan
        for name, column in profile.columns.items()
        if (plan := profile_column(name, column, below.headers)) is not None
    }
    taken = set(profile.columns) | set(unwanted)
    if recorded is not None:
        taken |= FIELDS.keys() - {column.field for column in recorded if column.by_profile}
    columns = _usual_columns(below, destination, taken, set(skipped), points)
    columns |= {
        plan.field: plan for plan in recorded or () if not plan.by_profile and plan.field not in profile.columns
    }
    columns |= said
    if "learner_name" not in said and _letters_of(columns, "learner_name") == _letters_of(columns, "learner_email"):
        columns.pop("learner_name", None)
    return tuple(columns[name] for name in FIELDS if name in columns)


def profile_column(name: str, column: Column, headers: Mapping[str, str]) -> ColumnPlan | None:
    """The plan of a field as the profile maps it; None where it is mapped to no column (`grade = []`)."""
    pattern = column.pattern if isinstance(column, PatternColumn) else None
    letters = tuple(letter_of(header, headers, f"[columns] {name}") for header in headers_of(column) if header)
    if not letters:
        return None
    answers = tuple(column.columns.values()) if isinstance(column, StatusColumns) else ()
    named = tuple(headers.get(x, "") for x in letters)
    return ColumnPlan(name, letters, named, pattern, by_profile=True, answers=answers)


def letter_of(told: str, headers: Mapping[str, str], key: str) -> str:
    """The letter of a column that a profile names by header or as `@D`; key: where it does so, for the message."""
    by_letter = _BY_LETTER.fullmatch(told.strip())
    if by_letter:
        letter = by_letter[1].upper()
        if letter not in headers:
            raise ProfileMismatch(f"{key} names the column {told}, which the sheet does not have: {_listed(headers)}.")
        return letter
    exact = [letter for letter, header in headers.items() if header.strip() == told.strip()]
    found = exact or [x for x, header in headers.items() if header and header_key(header) == header_key(told)]
    if len(found) > 1:
        places = " and ".join(f"@{letter}" for letter in found)
        raise AmbiguousColumns(f"{key} names “{told}”, which is the header of {places}: give the letter of the column.")
    if not found:
        nearest = nearest_header(told, filter(None, headers.values()))
        hint = f"the nearest header is {quoted(nearest)}" if nearest else _listed(headers)
        raise ProfileMismatch(f"{key} names the column “{told}”, which the sheet does not have: {hint}.")
    return found[0]


def _listed(headers: Mapping[str, str]) -> str:
    shown = [f"{letter} {quoted(header)}" for letter, header in headers.items() if header]
    return "its columns are " + ", ".join(shown[:12]) + (" …" if len(shown) > 12 else "")


def _usual_columns(
    below: Below, destination: str, taken: Iterable[str], skipped: set[str], points: bool
) -> dict[str, ColumnPlan]:
    wanted = FIELDS.keys() - set(taken)
    offers = _offers(below, destination, wanted, skipped, points)
    answers = answer_columns(below, offers.get("status", ()), skipped) if "status" in wanted else ()
    if answers:
        offers.pop("status", None)
    elif "status" in offers:
        offers["status"] = without_contradicted(offers["status"], below)
    found = _decided({name: [o for o in ranked if o[0] < LAST_RESORT] for name, ranked in offers.items()}, below)
    parts = _name_in_parts(below, skipped) if "learner_name" in wanted else None
    if parts and set(_letters_of(found, "learner_name")) <= set(parts.letters):
        found["learner_name"] = parts
    if answers:
        letters, statuses = zip(*answers, strict=True)
        found["status"] = ColumnPlan("status", letters, tuple(below.headers[x] for x in letters), answers=statuses)
    elif status := found.get("status"):
        only_enrolled = says_only_who_was_enrolled(status.headers[0], found)
        if only_enrolled or says_only_what_is_valid(below, status.letters[0], found):
            del found["status"]
    have = found.keys() | set(taken)
    for name in ("learner_employee_id", "course_id", "session_id", "course_name"):
        if name in offers and name not in found and _last_resort(name, have):
            found |= _decided({name: [o for o in offers[name] if o[0] == LAST_RESORT]}, below)
    return found


def _letters_of(found: Mapping[str, ColumnPlan], name: str) -> tuple[str, ...]:
    return found[name].letters if name in found else ()


def _decided(offers: Mapping[str, list[tuple[float, str]]], below: Below) -> dict[str, ColumnPlan]:
    """The best column of each field; raises AmbiguousColumns, which names all fields that have several."""
    best = {name: _best(name, ranked, below) for name, ranked in offers.items() if ranked}
    rivals = {name: tuple(letters) for name, letters in best.items() if len(letters) > 1}
    if rivals:
        told = (_rivals(name, letters, below.headers) for name, letters in rivals.items())
        raise AmbiguousColumns(" ".join(told), rivals)
    return {name: ColumnPlan(name, (x,), (below.headers[x],)) for name, (x,) in best.items()}


def _offers(
    below: Below, destination: str, wanted: set[str], skipped: set[str], points: bool
) -> dict[str, list[tuple[float, str]]]:
    """Field -> (rank, letter) of every column whose header names it."""
    offers: dict[str, list[tuple[float, str]]] = {}
    for letter, header in below.headers.items():
        if letter in skipped or not header:
            continue
        for rank, entry in usual_entries(header, destination, below.spoken):
            if is_misleading(below, letter, entry.field, rank):
                continue
            if entry.field in wanted and below.holds(letter, entry):
                behind: float = int(points and entry.field == "grade" and is_reached(header))
                behind += _status_behind(below, letter, entry) if entry.field == "status" else 0
                ranked = min(rank + behind, max(rank, _LAST))
                offers.setdefault(entry.field, []).append((ranked, letter))
        if "status" in wanted and _asks_for_a_status(header) and _answers(below, letter, header):
            offers.setdefault("status", []).append((LAST_RESORT - 1, letter))
    if "status" in offers:
        offers["status"] = without_rates(of_attendance(offers["status"], below), below)
    if "learner_employee_id" in offers:
        offers["learner_employee_id"] = _of_the_organization(offers["learner_employee_id"])
    return offers


def _status_behind(below: Below, letter: str, entry: Usual) -> float:
    """How far a status ranks behind one that says what became of the learner: `Registered` behind `Attended`."""
    if below.says_nothing(letter):
        return _BEHIND_WORDS if entry.only == "answers" else _BEHIND
    return _LESS * below.says_only_that_they_enrolled(letter)


def _of_the_organization(ranked: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Beside the organization's number, blank as it may be, that of a system identifies nobody."""
    own = [offer for offer in ranked if offer[0] < SYSTEMS_OWN]
    return own or ranked


def _asks_for_a_status(header: str) -> bool:
    """Is yes under the header a status, as under `Attended`?"""
    return meaning_of_answers(header).yes is not None and header_key(header) not in _NO_QUESTIONS


def _answers(below: Below, letter: str, header: str) -> bool:
    """May a column's texts be answers? They are few, and no dates; under other words than a status, yes or a status."""
    few = len(below.distinct(letter)) <= _FEW_ANSWERS and not below.holds_dates(letter)
    return few and (status_meaning(header).yes is not None or below.holds_statuses(letter))


def _last_resort(name: str, have: set[str]) -> bool:
    """Does nothing better stand in the sheet, so that a header that misleads may count?"""
    course = bool({"course_id", "course_name"} & have)
    if name == "course_id":
        return not course
    if name == "learner_employee_id":
        return not {"learner_email", "contact_id"} & have
    if name == "session_id":
        return "session_date" not in have
    return "session_date" in have and not course


def _best(name: str, ranked: list[tuple[float, str]], below: Below) -> list[str]:
    """The letters of the columns that are equally good; just one where the first counts, or all hold the same."""
    filled = [offer for offer in ranked if below.filled(offer[1])] or ranked
    best = [letter for rank, letter in filled if rank == min(filled)[0]]
    one = name in FIRST_COUNTS or all(below.same(best[0], x) for x in best[1:])
    return best[:1] if one else best


def _rivals(name: str, letters: Sequence[str], headers: Mapping[str, str]) -> str:
    places = " and ".join(f"{x} (“{' '.join(headers[x].split())}”)" for x in letters)
    alike = len({headers[x] for x in letters}) == 1
    key = f'{name} = "@{letters[0]}"' if alike else f'{name} = "{headers[letters[0]]}"'
    return (
        f"Columns {places} could each be used for {FIELDS[name].meaning}. Rename or remove those that should not be "
        f"used. Administrator: or name the right one in a profile: [columns] {key}."
    )


def _name_in_parts(below: Below, skipped: set[str]) -> ColumnPlan | None:
    parts: dict[str, dict[int, str]] = {}
    headed = [x for x, header in below.headers.items() if header and x not in skipped]
    # `Name` is a last name beside a `Vorname`, and a whole one beside a `Last Name`.
    for letter in sorted(headed, key=lambda x: header_key(below.headers[x]) in _WHOLE_NAMES):
        if part := name_part(below.headers[letter]):
            parts.setdefault(part[0], {}).setdefault(part[1], letter)
    _with_bare_names(parts, below, headed)
    whole = next((numbered for numbered in parts.values() if {0, 2} <= numbered.keys()), None)
    if whole is None:
        return None
    letters = tuple(whole[number] for number in sorted(whole))
    return ColumnPlan("learner_name", letters, tuple(below.headers[x] for x in letters))


def _with_bare_names(parts: Mapping[str, dict[int, str]], below: Below, headed: Iterable[str]) -> None:
    """Add `Name` as a first name where a last name stands, and it has one word in every row: `Name, Surname`."""
    bare = {header_key(below.headers[x]).removesuffix("name"): x for x in headed if _is_bare_name(below, x)}
    for before, numbered in parts.items():
        letter = bare.get(header_key(before))
        if letter and 2 in numbered and 0 not in numbered and letter not in numbered.values():
            numbered[0] = letter


def _is_bare_name(below: Below, letter: str) -> bool:
    return header_key(below.headers[letter]).endswith("name") and below.holds(letter, _BARE_NAME)


def distinct_texts(below: Below, column: ColumnPlan) -> pd.Series:
    """The distinct texts of a field's column (str), of several joined, as `column_texts` makes them."""
    if len(column.letters) == 1 and column.pattern is None and not column.answers:
        array = below.distinct(column.letters[0])
        return text_series(array, pd.RangeIndex(len(array)))
    found = [text_series(pa.array([], pa.large_string()), pd.RangeIndex(0))]
    found += [column_texts(frame, column)[0].drop_duplicates() for frame in below.frames(column.letters)]
    return pd.concat(found, ignore_index=True).drop_duplicates()


def column_texts(frame: pd.DataFrame, column: ColumnPlan) -> tuple[pd.Series, pd.Series | None]:
    """The texts of a field's column, joined where it has several, and where its pattern missed (bool; None: nowhere).

    Names and dates are joined by a blank, blanks left out. IDs are joined by a slash; one inside a part gets
    a backslash before it (as a backslash does), so that no other parts make the same ID; a blank part leaves no ID.
    """
    parts = [_as_text(frame[letter]) for letter in column.letters]
    if column.answers:
        return joined_answers(parts), None
    whole = parts[0] if len(parts) == 1 else _joined(parts, FIELDS[column.field].kind == "id")
    if column.pattern is None:
        return whole, None
    caught = _captured(whole, column.pattern)
    missed = whole.notna() & caught.isna()
    return caught, missed if missed.any() else None


def _as_text(cells: pd.Series) -> pd.Series:
    return text_series(pa.array(cells, pa.large_string()), cells.index)


def _joined(parts: list[pd.Series], exact: bool) -> pd.Series:
    arrays = [pc.utf8_trim_whitespace(pa.array(part, pa.large_string())) for part in parts]
    arrays = [pc.if_else(pc.equal(array, ""), pa.scalar(None, array.type), array) for array in arrays]
    if exact:
        arrays = [pc.replace_substring_regex(array, r"([/\\])", r"\\\1") for array in arrays]
        joined = pc.binary_join_element_wise(*arrays, pa.scalar("/", pa.large_string()), null_handling="emit_null")
    else:
        joined = reduce(_spaced, arrays)
    return text_series(joined, parts[0].index)


def _spaced(one: pa.Array, other: pa.Array) -> pa.Array:
    """Both with a space between them, or the one that is there. Arrow's own `skip` drops rows where both are null."""
    both = pc.binary_join_element_wise(one, other, pa.scalar(" ", pa.large_string()))
    return pc.coalesce(both, one, other)


def _captured(cells: pd.Series, pattern: str) -> pd.Series:
    """What the pattern captures in each distinct text: its first group, else the whole match; missing where nothing."""
    compiled = re.compile(pattern)
    encoded = pc.dictionary_encode(pa.array(cells, pa.large_string()))
    caught = [_first_capture(compiled.search(text)) for text in encoded.dictionary.to_pylist()]
    return text_series(pa.array(caught, pa.large_string()).take(encoded.indices), cells.index)


def _first_capture(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    return match[1] if match.re.groups else match[0]
