"""Each language has a file, and a file that lacks something says what."""

import pytest

from transforms.planning.header_words import _RULES
from transforms.vocabulary.languages import languages, words_of

FIRST = ("en", "ar", "de", "es", "fr", "it", "nl", "pl", "pt")
CLASSES = {name for _, _, has, may, _ in _RULES for name in f"{has} {may}".split()} | {"filler", "end", "signing_in"}
KNOWN = CLASSES | {"other", "signing_in"}


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
def test_no_word_is_listed_twice_in_one_class(code: str) -> None:
    """As it is compared: `E-Mail` and `e-mail` are one."""
    for name, phrases in languages()[code].raw["headers"].items():
        assert len(set(phrases)) == len(phrases), name
        assert () not in {words_of(phrase) for phrase in phrases}, name


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
