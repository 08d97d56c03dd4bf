"""Headers as real exports and forms have them: which field the words of each mean, in its language.

`headers/<code>.csv` holds what was gathered and where from; `headers/not_mapped.csv` what must mean nothing at all.
"""

import csv
from pathlib import Path

import pytest

from transforms.planning.table.header_words import Meaning, meanings, name_parts
from transforms.vocabulary.languages import languages

TABLES = Path(__file__).parent / "headers"
PARTS = ("first_name", "middle_name", "last_name")
RECALL = {"en": 0.95}
LEAST = {"en": 60}


def table(name: str) -> list[dict[str, str]]:
    """The lines of one table."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def said(header: str, code: str) -> tuple[Meaning, ...]:
    """What the header means in its language."""
    return meanings(header).get(code, ())


def is_read(header: str, field: str, code: str) -> bool:
    """Whether the words say the field, or the part of a name."""
    if field in PARTS:
        return ("", PARTS.index(field)) in name_parts(header)
    return field in {meaning.field for meaning in said(header, code)}


def same_cells(field: str, meaning: Meaning) -> bool:
    """Whether another field would be taken for the same cells, so that nothing but the header decides."""
    evidence = {"learner_email": "addresses", "learner_name": "names", "status": "statuses", "session_start": "times"}
    dated = {"session_date", "enrolled_on", "completed_on", "expires_on"}
    evidence |= dict.fromkeys(["grade", "hours", "credits"], "numbers")
    own = evidence.get(
        field, "dates" if field in dated else "texts" if field in {"course_name", "group_name", "feedback"} else "ids"
    )
    return meaning.evidence == own and meaning.field != field


@pytest.mark.parametrize("code", list(languages()))
def test_real_headers_are_read(code: str) -> None:
    """Nearly all of what was gathered, and enough of it."""
    gathered = table(code)
    missed = [line["header"] for line in gathered if not is_read(line["header"], line["field"], code)]
    assert len(gathered) >= LEAST.get(code, 25)
    assert len(missed) <= (1 - RECALL.get(code, 0.9)) * len(gathered), missed


@pytest.mark.parametrize("code", list(languages()))
def test_no_real_header_is_read_as_another_field(code: str) -> None:
    """Where the words may say two things, what stands below decides."""
    wrong = {
        line["header"]: meaning.field
        for line in table(code)
        for meaning in said(line["header"], code)
        if line["field"] not in PARTS and same_cells(line["field"], meaning)
    }
    assert wrong == {}


def test_headers_of_other_things_mean_nothing_in_any_language() -> None:
    """Other people, places, prices, lines, durations and dates that are no session's: none is wrong."""
    lines = table("not_mapped")
    found = {line["header"]: meanings(line["header"]) or name_parts(line["header"]) for line in lines}
    assert {header: meant for header, meant in found.items() if meant} == {}
    assert {line["language"] for line in lines} == set(languages())


@pytest.mark.parametrize("header", ["{}", " {} ", "{}:", "{} *", "\u200f{}\u200e", "\ufeff{}", "({})"], ids=ascii)
@pytest.mark.parametrize("code", list(languages()))
def test_case_spaces_and_punctuation_change_nothing(code: str, header: str) -> None:
    """Nor do marks of direction, stars and colons."""
    for line in table(code):
        plain, other = line["header"], header.format(line["header"])
        assert meanings(other) == meanings(plain), other
        if plain.isascii() and not any(map(str.isupper, plain[1:])):
            assert meanings(plain.upper()) == meanings(plain), plain
