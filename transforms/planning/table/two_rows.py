"""Headers over two rows: `Learner` and `Course` above `Name`, `ID`, `Name` and `ID`, or units below the headers."""

import re
from collections.abc import Collection, Mapping

from transforms.planning.table.header_words import says
from transforms.planning.table.headers import header_key, is_of_other_things
from transforms.planning.table.table_detection import Cells, FoundHeader, RawRows, complete, fields_named, row_at
from transforms.planning.table.title_cells import is_known, labels_of
from transforms.values.dates.date_readings import is_date
from transforms.values.text import ERROR_TEXTS
from transforms.vocabulary.languages import words_of

_WHO = ("learner", "employee", "guest")
_WHAT = ("course", "session", "group", "attended", "completed", "enrolled", "certificate", "assessment", "details")
_NO_HEADER = re.compile(r".*@|[\s\d.,:/%-]*\d[\s\d.,:/%-]*$")
_UNIT = re.compile(
    r"\s*(?:[(\[][^()\[\]]{1,24}[)\]]|%|[dmyjat]{1,4}([-./ ])[dmyjat]{1,4}\1[dmyjat]{1,4}|hours?|hrs?|std\.?|h|"
    r"min(?:utes)?\.?|points?|y/n|yes/no|hh:mm(?::ss)?)\s*",
    re.IGNORECASE,
)
# How SurveyMonkey says below each question what kind of answer it has.
_KIND_OF_ANSWER = re.compile(r"\s*(?:open-ended response|response|date(?: ?/ ?time)?|time)\s*", re.IGNORECASE)


def over_two_rows(
    table: RawRows, found: FoundHeader, destination: str, wanted: Mapping[str, str], given: Collection[str]
) -> FoundHeader:
    """The header with the row above or below it, where the two together are the header; else as it is.

    wanted: folded header -> field, as the profile names them. given: fields that need no column.
    """
    above, below = row_at(table, found.row - 1), row_at(table, found.row + 1)
    if below and _are_units(below, found.cells):
        cells = _with_units(found.cells, below)
        return FoundHeader(found.row + 1, cells, fields_named(cells, destination, wanted), over=1)
    pairs = [(found.row, above, found.cells)] * bool(above) + [(found.row + 1, found.cells, below)] * bool(below)
    for row, upper, lower in pairs:
        if upper and lower and _are_pairs_of_courses(upper, lower):
            cells = _joined_in_pairs(upper, lower)
            return FoundHeader(row, cells, fields_named(cells, destination, wanted), over=1)
        if upper and lower and _may_be_headers(upper, lower):
            cells = _joined(upper, lower, destination, wanted)
            whole = FoundHeader(row, cells, fields_named(cells, destination, wanted), over=1)
            if _is_better(whole, found, lower, given):
                return whole
    return found


# Units


def _are_units(below: Cells, above: Mapping[str, str]) -> bool:
    """Does each cell of a row stand below a header and say in which unit, and no other?"""
    kinds = [text for text in below.values() if _KIND_OF_ANSWER.fullmatch(text)]
    known = all(_UNIT.fullmatch(text) or text in kinds for text in below.values())
    answers = not kinds or any("response" in text.casefold() for text in kinds)
    return set(below) <= set(above) and known and answers and len(below) < len(above)


def _with_units(headers: Mapping[str, str], units: Cells) -> Cells:
    said = {x: text.strip(" ()[]") for x, text in units.items() if not _KIND_OF_ANSWER.fullmatch(text)}
    return {x: f"{text} ({said[x]})" if x in said else text for x, text in headers.items()}


# Groups of columns


def _may_be_headers(upper: Mapping[str, str], lower: Mapping[str, str]) -> bool:
    """Are the cells of both rows words, and those of the upper one that head several columns names of who or what?"""
    texts = [*upper.values(), *lower.values()]
    if any(_NO_HEADER.match(text) or text in ERROR_TEXTS or is_date(text) for text in texts):
        return False
    groups = [text for letter, text in upper.items() if letter in lower]
    return bool(groups) and len(upper) > 1 and all(map(_is_group, groups))


def _is_group(text: str) -> bool:
    other = words_of(text) in labels_of("other") or is_of_other_things(text)
    return other or any(says(text, name) for name in (*_WHO, *_WHAT))


def _are_pairs_of_courses(upper: Mapping[str, str], lower: Mapping[str, str]) -> bool:
    """Do two headers, the second of them of expiry, stand again and again under the names of courses?"""
    again, places = _repeated(lower), list(lower)
    groups = [letter for letter in upper if letter in again]
    pairs = {(places[n], places[n + 1]) for x in groups if (n := places.index(x)) + 1 < len(places)}
    names = {header_key(upper[x]) for x in groups}
    return (
        len(names) == len(groups) == len(pairs) > 1
        and {x for pair in pairs for x in pair} == again
        and not any(is_known(upper[x]) or is_date(upper[x]) for x in groups)
        and all(says(lower[second], "expires") and not says(lower[first], "expires") for first, second in pairs)
    )


def _joined_in_pairs(upper: Mapping[str, str], lower: Mapping[str, str]) -> dict[str, str]:
    group, cells = "", {}
    again = _repeated(lower)
    for letter, own in lower.items():
        group = upper.get(letter, group)
        cells[letter] = f"{group} {own}" if letter in again else own
    return {**{letter: text for letter, text in upper.items() if letter not in lower}, **cells}


def _joined(
    upper: Mapping[str, str], lower: Mapping[str, str], destination: str, wanted: Mapping[str, str]
) -> dict[str, str]:
    """Letter -> header. A group heads its own column and those to the right that have nothing above them."""
    again = _repeated(lower)
    group, cells = "", {}
    for letter in sorted({*upper, *lower}, key=lambda x: (len(x), x)):
        group = upper.get(letter, group)
        if letter not in lower:
            cells[letter], group = upper[letter], ""
        else:
            cells[letter] = _header(group, lower[letter], letter in again, destination, wanted)
    return cells


def _repeated(lower: Mapping[str, str]) -> set[str]:
    keys = [header_key(text) for text in lower.values()]
    return {letter for letter, text in lower.items() if keys.count(header_key(text)) > 1}


def _header(group: str, own: str, again: bool, destination: str, wanted: Mapping[str, str]) -> str:
    """The words of both rows; those of the lower one alone where the group changes nothing of what they name."""
    whole, bare = f"{group} {own}".strip(), _without_details(group)
    if not group or fields_named({"A": whole}, destination, wanted):
        return whole
    short = f"{bare} {own}".strip()
    if bare != group and fields_named({"A": short}, destination, wanted):
        return short
    someone = any(says(bare, name) for name in _WHO) or words_of(group) in labels_of("other")
    return whole if again or someone or is_of_other_things(group) else own


def _without_details(group: str) -> str:
    """`Employee` of `Employee Details`, nothing of `Personal Information`."""
    words = group.split()
    while words and says(words[-1], "details"):
        words.pop()
    while words and says(words[0], "details"):
        words.pop(0)
    return "" if says(group, "details") and not any(says(group, x) for x in (*_WHO, *_WHAT[:-1])) else " ".join(words)


def _is_better(whole: FoundHeader, found: FoundHeader, lower: Mapping[str, str], given: Collection[str]) -> bool:
    """Do both rows together tell columns apart that one does not, or name more than it?

    Below a header that names all that is needed stand records, and a row whose cells are all alike is one.
    """
    if whole.row > found.row and (complete(found.fields | set(given)) or len(set(lower.values())) == 1):
        return False
    apart = whole.named and len(_repeated(whole.cells)) < len(_repeated(lower))
    return bool(apart) or whole.fields > found.fields
