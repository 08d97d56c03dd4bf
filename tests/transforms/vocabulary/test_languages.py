"""Each language has a file, and a file that lacks something says what."""

import pytest

from rollbook.rows.statuses import STATUSES
from transforms.planning.table.header_words import _RULES
from transforms.values.statuses.status_table import REASONS
from transforms.vocabulary.languages import languages, raw, words_in, words_of

FIRST = ("en", "ar", "de", "es", "fr", "it", "nl", "pl", "pt")
_READ = {"filler", "end", "signing_in", "checked_in", "participant"}
CLASSES = {name for _, _, has, may, _ in _RULES for name in f"{has} {may}".split()} | _READ
KNOWN = CLASSES | {"other", "details", "material", "assigned", "booking"}


def test_the_first_languages_are_there() -> None:
    """English comes first, whatever else is added."""
    assert set(FIRST) <= set(languages())
    assert next(iter(languages())) == "en"


@pytest.mark.parametrize("code", FIRST)
def test_a_file_has_words_of_every_class(code: str) -> None:
    """Those of which headers are made up, and no class that nothing reads."""
    classes = set(languages()[code].raw["headers"])
    assert CLASSES - classes == set()
    assert classes - KNOWN == set()


@pytest.mark.parametrize("code", FIRST)
def test_a_file_has_words_of_every_kind_of_cell(code: str) -> None:
    """Every status and kind of doubt, yes and no, negations, grades, bookings, roles, what stands beside statuses."""
    file = raw()[code]
    assert set(file["status"]) == set(STATUSES)
    assert set(file["refused"]) == set(REASONS) - {"grade"}
    assert set(file["answers"]) == {"yes", "no"}
    assert {"Pass", "Fail", "Distinction"} <= set(file["grades"]) <= {"Pass", "Fail", "Distinction", "Merit"}
    assert all(
        words_in(file[name])
        for name in ("negations", "beside", "present", "never_expires", "validity", "about_training", "national_ids")
    )
    assert (set(file["bookings"]), set(file["roles"])) == ({"standing", "waiting"}, {"learner", "leader"})


@pytest.mark.parametrize("code", list(raw()))
def test_a_file_has_twelve_months_and_the_days_of_the_week(code: str) -> None:
    """Or none of them: some scripts write months as numbers."""
    calendar = raw()[code]["calendar"]
    assert len(words_in(calendar["months"])) == 12 if "months" in calendar else "days" in calendar
    assert "days" not in calendar or len(words_in(calendar["days"])) == 7
    assert code not in FIRST or "days" in calendar
    assert set(calendar) <= {"months", "days"}


@pytest.mark.parametrize("code", list(raw()))
def test_no_word_is_listed_twice_in_one_list(code: str) -> None:
    """Nor an empty one; and of headers, none without a letter or a sign."""
    for name, section in raw()[code].items():
        for part, words in section.items() if isinstance(section, dict) else [(name, section)]:
            listed = words_in(words)
            assert len(set(listed)) == len(listed), (name, part)
            assert all(listed), (name, part)
    assert all(words for words in (languages()[code].headers if code in languages() else ()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("EmployeeID", ("employee", "id")),
        ("Employee's ID", ("employee", "id")),
        ("N° employé", ("no", "employe")),
        ("Date d’inscription", ("date", "inscription")),
        ("Nome dell'evento", ("nome", "evento")),
        ("Nr ukończenia", ("nr", "ukonczenia")),
        ("الدورة", ("دوره",)),
        ("\u202eName\u202c", ("name",)),
        ("\uff2e\uff41\uff4d\uff45", ("name",)),
    ],
)
def test_words_are_compared_without_accents_and_articles(text: str, words: tuple[str, ...]) -> None:
    """An elided or an Arabic article is no part of its word."""
    assert words_of(text) == words
