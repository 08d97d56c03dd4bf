"""What stands in cells, in each language: statuses, their contraries, yes and no, grades."""

import csv
from pathlib import Path

import pytest

from rollbook.rows.statuses import STATUSES
from tests.transforms.verdicts import cells, said
from transforms.values.grades import clean_grades
from transforms.values.statuses.nearest_word import says_no
from transforms.values.statuses.status_table import REASONS, REFUSED_WORDS, STATUS_OF, WORDS, key
from transforms.values.statuses.status_words import StatusMeaning, clean_statuses, status_meaning, suggested_status
from transforms.values.statuses.yes_no import clean_yes_no
from transforms.vocabulary.languages import languages, raw, words_in

# As systems and registers spell them (Moodle, Totara, Forma LMS, registers kept by hand): a status or a kind of doubt.
with (Path(__file__).parent / "cells.csv").open(encoding="utf-8", newline="") as table:
    CELLS = [(line["text"], line["meaning"]) for line in csv.DictReader(table)]
ANSWERS = {
    "de": "Ja Nein",
    "fr": "Oui Non",
    "es": "Sí No",
    "pt": "Sim Não",
    "it": "Sì No",
    "nl": "Ja Nee",
    "pl": "Tak Nie",
}
ANSWERS["ar"] = "نعم لا"
GRADES = {
    "de": ("Bestanden", "Nicht bestanden"),
    "fr": ("Réussi", "Échec"),
    "es": ("Aprobado", "Reprobado"),
    "pt": ("Aprovada", "Reprovado"),
    "it": ("Superato", "Non superato"),
    "nl": ("Geslaagd", "Gezakt"),
    "pl": ("Zaliczone", "Niezaliczone"),
    "ar": ("ناجح", "راسب"),
}


def status(text: str, header: str = "Status") -> tuple[str | None, str | None]:
    """(status, detail) of one cell."""
    value, _, detail = said(clean_statuses(cells([text]), status_meaning(header), {}))[0]
    return value, detail


@pytest.mark.parametrize(("text", "meaning"), CELLS)
def test_statuses_and_words_of_two_senses_are_known_in_each_language(text: str, meaning: str) -> None:
    """With accents or none, of either gender; of two senses, the choice is named in English."""
    value, detail = status(text)
    assert (
        (value, detail) == (meaning, None) if meaning in STATUSES else value is None and REASONS[meaning] in str(detail)
    )


@pytest.mark.parametrize("code", ANSWERS)
def test_yes_and_no_are_read_in_each_language(code: str) -> None:
    """Under a header that is a status, and in a column of yes and no."""
    yes, no = ANSWERS[code].split()
    present = words_in(raw()[code]["present"])[0]
    assert [status(answer, present)[0] for answer in (yes, no)] == ["attended", "no_show"]
    assert list(clean_yes_no(cells([yes, no.upper()])).values) == [True, False]


@pytest.mark.parametrize("code", GRADES)
def test_pass_and_fail_are_read_in_each_language(code: str) -> None:
    """As the two grades that they are."""
    assert list(clean_grades(cells(GRADES[code])).values) == ["Pass", "Fail"]


def test_no_word_means_two_statuses_in_two_languages() -> None:
    """It would have to be refused; nor is one both known and refused."""
    known: dict[str, set[str]] = {}
    for name, words in WORDS.items():
        for word in words:
            known.setdefault(key(word), set()).add(name)
    assert {word: names for word, names in known.items() if len(names) > 1} == {}
    assert set(known) & set(REFUSED_WORDS) == set()
    assert set(known.popitem()[1]) <= set(STATUSES)


@pytest.mark.parametrize("code", list(languages()))
def test_a_negation_never_becomes_its_opposite(code: str) -> None:
    """A negated status is a known word of its own (`not started`), or refused, or unknown; nothing is suggested."""
    file, wrong = raw()[code], []
    for name, words in file["status"].items():
        for word in words_in(words):
            for negation in words_in(file["negations"]):
                text = f"{negation} {word}"
                read = None if key(text) in STATUS_OF else status(text)[0]
                if not says_no(word) and name in (read, suggested_status(text)):
                    wrong.append((text, name))
    assert wrong == []


@pytest.mark.parametrize("code", list(languages()))
def test_a_slip_is_never_suggested_as_the_contrary(code: str) -> None:
    """One letter left out of a word of a status suggests that status, or nothing."""
    wrong = []
    for name, words in raw()[code]["status"].items():
        for word in words_in(words):
            for place in range(1, len(word)):
                slip = word[:place] + word[place + 1 :]
                if key(slip) not in STATUS_OF and suggested_status(slip) not in (None, name):
                    wrong.append((slip, word, suggested_status(slip)))
    assert wrong == []


def test_every_word_is_its_own_status() -> None:
    """Under a header that says nothing."""
    words = [(word, name) for name, listed in WORDS.items() for word in listed]
    cleaned = clean_statuses(cells([word for word, _ in words]), StatusMeaning(), {})
    assert list(cleaned.values) == [name for _, name in words]
