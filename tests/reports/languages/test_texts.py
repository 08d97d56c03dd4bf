"""Every language says all that a message or a page may have to say, with the forms that its numbers need."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from reports.group_titles import TITLES
from reports.languages.finished import translated
from reports.languages.texts import PLURALS, Texts, table_of
from rollbook.notify_settings import LANGUAGES
from rollbook.rows.fields import FIELDS
from rollbook.rows.outcomes import LOADED_ALL_THE_SAME
from validators.rules import RULES

ENGLISH = table_of("en")


def _texts(table: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, text or plural forms) of every text."""
    for name, value in table.items():
        if isinstance(value, dict) and "other" not in value:
            yield from _texts(value, (*path, name))
        else:
            yield (*path, name), value


def _values(text: Any) -> set[str]:
    """What is filled in; of plural forms, in the one of many."""
    return set(re.findall(r"{(\w+)}", str(text["other"] if isinstance(text, dict) else text)))


def _marks(text: Any) -> list[str]:
    """The code between backticks, and where optional parts begin and end."""
    one = str(text["other"] if isinstance(text, dict) else text)
    return sorted(re.findall(r"`[^`]*`|\[\[|\]\]", one))


def lacks(language: str) -> list[str]:
    """What a language does not say that English does, or says otherwise."""
    own = dict(_texts(table_of(language)))
    wanted = dict(_texts(ENGLISH))
    # Of these, the English text is the name, and English has only what is otherwise.
    by_english = {(section, name): name for section in ("pages", "rules") for name in table_of("de")[section]}
    wanted = by_english | wanted
    own = by_english | own if language == "en" else own
    found = [f"no text {'.'.join(path)}" for path in wanted.keys() - own.keys()]
    found += [f"unknown text {'.'.join(path)}" for path in own.keys() - wanted.keys()]
    for path in wanted.keys() & own.keys():
        if _values(own[path]) != _values(wanted[path]):
            found.append(f"{'.'.join(path)}: {_values(own[path])} instead of {_values(wanted[path])}")
        if _marks(own[path]) != _marks(wanted[path]):
            found.append(f"{'.'.join(path)}: other code or optional parts")
        if isinstance(wanted[path], dict) and set(own[path]) != set(PLURALS[language][1]):
            found.append(f"{'.'.join(path)}: needs the forms {', '.join(PLURALS[language][1])}")
    return sorted(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_lacks_nothing(language: str) -> None:
    assert lacks(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_of_a_file_has_a_reason_and_a_remedy(language: str) -> None:
    codes = {code for code in RULES if code.startswith("file.")} | set(filter(None, LOADED_ALL_THE_SAME))
    assert codes - table_of(language)["why"].keys() == set()
    assert table_of(language)["why"].keys() == table_of(language)["do"].keys() - {"away"}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_rule_has_its_message_remedy_and_title(language: str) -> None:
    known = table_of(language)["rules"].keys()
    told = {text for rule in RULES.values() for text in (rule.message, rule.remedy)}
    assert (told | set(TITLES.values())) - known == set()
    assert {field.meaning.removeprefix("aXcelerate: ") for field in FIELDS.values()} - known == set()


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_what_an_administrator_can_do_is_said(language: str) -> None:
    """Of all systems; these are finished sentences, for one template says it of several systems and kinds."""
    told = [text for rule in RULES.values() for text in (rule.administrator, *rule.elsewhere.values()) if text]
    filled = [text.replace("{key}", '"x"').replace("{status}", "attended").replace("{name}", "grade") for text in told]
    assert [text for text in filled if translated(text, language) == text] == []


@pytest.mark.parametrize(
    ("language", "number", "told"),
    [
        ("en", 1, "1 row failed"),
        ("en", 2, "2 rows failed"),
        ("de", 1, "1 Zeile fehlerhaft"),
        ("de", 12345, "12.345 Zeilen fehlerhaft"),
        ("fr", 0, "0 ligne en erreur"),
        ("fr", 2, "2 lignes en erreur"),
        ("es", 2, "2 filas con errores"),
    ],
)
def test_a_number_takes_its_form(language: str, number: int, told: str) -> None:
    assert Texts(language).count("rows", "failed", number) == told


def test_an_arabic_number_has_six_forms() -> None:
    """As Unicode's CLDR lists them, and values stand apart from the text around them."""
    texts = Texts("ar")
    forms = {number: PLURALS["ar"][0](number) for number in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 111)}
    assert forms == dict(
        zip(forms, ["zero", "one", "two", "few", "few", "many", "many", "other", "other", "few", "many"], strict=True)
    )
    assert texts.count("rows", "failed", 5) == "\u20685\u2069 صفوف بها أخطاء"
