"""What every column of a sheet feeds and why, and what one that feeds nothing may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import meanings
from transforms.planning.table.headers import AXCELERATE, USUAL, Condition, Usual, is_of_other_things, usual_entries
from transforms.planning.table.table_detection import IDENTITY, has_session
from transforms.values.statuses.status_words import status_of
from transforms.vocabulary.languages import languages

SAMPLES = 3
_OF_AXCELERATE = frozenset(usual.field for usual in USUAL if usual.destination == AXCELERATE)
# What stands below a header, asked in this order, and the fields that such a column may feed, the likeliest first.
_CONTENTS: tuple[tuple[str, Condition, str], ...] = (
    ("addresses", "addresses", "learner_email"),
    ("dates", "dates", "session_date completed_on enrolled_on expires_on started_on ended_on"),
    ("times", "times", "session_start"),
    ("status words", "statuses", "status outcome_code"),
    ("numbers", "numbers", "learner_employee_id session_id contact_id class_id unit_id"),
    ("names", "names", "learner_name course_name"),
    ("codes", "ids", "learner_employee_id session_id contact_id class_id unit_id"),
    ("texts", "texts", "course_name"),
)
# Any sheet has columns of numbers, codes and texts: only what identifies its records may be among them.
ANYTHING = frozenset({"numbers", "names", "codes", "texts"})
_NAMED_AS: Mapping[Condition, str] = {
    "address_names": "addresses",
    "statuses": "status words",
    "answers": "yes or no",
    "repeats": "repeated values",
    "ids": "codes",
    "expiries": "dates",
    "amounts": "numbers",
    "titles": "texts",
}
_LEFT_OUT = "left out by the profile"
_SPELLED_OUT = 3


@dataclass(frozen=True)
class ColumnUse:
    """One column of a sheet.

    feeds: (field, how that is known). note: what else is known of one that feeds nothing. candidates: the fields that
    it may feed, the likeliest first. rivals: letters of columns that are as good for the first of these. samples: up to
    three texts as they are.
    """

    letter: str
    header: str
    feeds: tuple[tuple[str, str], ...] = ()
    note: str = ""
    candidates: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


def column_uses(below: Below, plan: SheetPlan, rivals: Mapping[str, Sequence[str]]) -> tuple[ColumnUse, ...]:
    """The columns that have a header or hold something, in the sheet's order, without the sessions of a wide sheet.

    below: the sheet's records. plan: how it is read. rivals: of `partial_plan`.
    """
    sessions = {x for session in plan.sessions for x in session.letters}
    letters = [x for x, header in below.headers.items() if x not in sessions and (header or below.at_top(x))]
    fed = {column.field for column in plan.columns} | dict(plan.constants).keys()
    fed |= {plan.cell.field} if plan.cell else set()
    # Beside addresses that may be the learners', a code is not taken for their number.
    others = frozenset({"learner_email"} if any(map(below.holds_addresses, letters)) else ())
    return tuple(_use(letter, below, plan, frozenset(fed), others, rivals) for letter in letters)


def _use(
    letter: str,
    below: Below,
    plan: SheetPlan,
    fed: frozenset[str],
    others: frozenset[str],
    rivals: Mapping[str, Sequence[str]],
) -> ColumnUse:
    use = ColumnUse(letter, below.headers[letter])
    if letter in plan.never:  # its cells are shown nowhere
        return replace(use, note=_LEFT_OUT)
    use = replace(use, samples=tuple(below.at_top(letter)[:SAMPLES]))
    feeding = [column for column in plan.columns if letter in column.letters]
    if feeding:
        return replace(use, feeds=tuple((c.field, _why(c, letter, below, plan.destination)) for c in feeding))
    if letter in plan.ignore:
        return replace(use, note=_LEFT_OUT)
    asked = [field for field, letters in rivals.items() if letter in letters]
    if asked:
        return replace(use, candidates=tuple(asked), rivals=tuple(x for x in rivals[asked[0]] if x != letter))
    note, candidates = _may_be(letter, below, plan.destination, fed, others)
    return replace(use, note=note, candidates=candidates)


def _why(column: ColumnPlan, letter: str, below: Below, destination: str) -> str:
    """How it is known that a column feeds its field: `German words, dates`."""
    header = below.headers[letter]
    if column.by_profile:
        return "profile"
    if column.answers:
        return "words of a status" if any(map(status_of, below.at_top(letter))) else "yes or no below"
    entries = [e for _, e in usual_entries(header, destination, below.spoken) if e.field == column.field]
    if entries:
        whose = f"{_language(header, column.field, below)} words" if entries[0].in_words else "usual header"
        return ", ".join(filter(None, [whose, _evidence(entries[0])]))
    if len(column.letters) > 1:
        return "part of a name"
    return "dates" if below.holds_dates(letter) else "words of a status"


def _evidence(entry: Usual) -> str:
    """What stands below a header that counts only for it; what any text is says nothing."""
    shown = _NAMED_AS.get(entry.only, entry.only) if entry.only else ""
    return "" if shown == "texts" else shown


def _language(header: str, field: str, below: Below) -> str:
    said = [code for code, found in meanings(header).items() if any(meaning.field == field for meaning in found)]
    code = next((code for code in said if code in below.spoken), said[0] if said else "en")
    return languages()[code].name


def _may_be(
    letter: str, below: Below, destination: str, fed: frozenset[str], others: frozenset[str]
) -> tuple[str, tuple[str, ...]]:
    """What stands below a header that feeds nothing, and the fields that it may feed: those that it names first.

    fed: fields that columns feed; others: those that columns of no field may feed for certain.
    """
    header = below.headers[letter]
    entries = [entry for _, entry in usual_entries(header, destination, below.spoken)]
    held = [entry.field for entry in entries if below.holds(letter, entry)]
    contents, fields = _contents(letter, below)
    if is_of_other_things(header) and not held:
        return contents, ()
    if contents in ANYTHING:
        fields = tuple(field for field in fields if _is_missing(field, fed | others))
    elsewhere = fed if destination == AXCELERATE else fed | _OF_AXCELERATE
    return contents, tuple(field for field in dict.fromkeys([*held, *fields]) if field not in elsewhere)


def _is_missing(field: str, fed: frozenset[str]) -> bool:
    """Is nothing there of what the field would say?"""
    if field == "course_name":
        return not has_session(fed) and not {"course_id", "course_name"} & fed
    if field in ("learner_employee_id", "contact_id"):
        return not IDENTITY & fed
    return field == "learner_name" or not has_session(fed)


def _contents(letter: str, below: Below) -> tuple[str, tuple[str, ...]]:
    """(what the column holds, the fields that are like it)."""
    if not below.at_top(letter):
        return "blank", ()
    found = ((told, fields) for told, only, fields in _CONTENTS if _holds(letter, below, only))
    told, fields = next(found, ("texts", ""))
    return told, tuple(fields.split())


def _holds(letter: str, below: Below, only: Condition) -> bool:
    """Is that below the header? Words without a figure are no codes, possible grades no numbers, 1 no status."""
    shown = below.at_top(letter)
    figures = only not in ("numbers", "ids") or any(any(c.isdigit() for c in text) for text in shown)
    words = only != "statuses" or not all(text.strip().isdecimal() for text in shown)
    return figures and words and below.holds(letter, Usual("", 0, "", only))


def language_told(below: Below) -> tuple[str, ...]:
    """The names of the languages that the headers are in; of several, any may be it. None where nothing tells."""
    if below.spoken:
        names = [languages()[code].name for code in sorted(below.spoken)]
        return tuple(names) if len(names) <= _SPELLED_OUT else ()
    return ("English",) if any("en" in meanings(header) for header in below.headers.values()) else ()
