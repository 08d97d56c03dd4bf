"""The texts of messages, a file for each language beside this one, and the plural forms of each."""

import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "texts"
# A value is isolated from the text around it, so that a Latin name does not tear up an Arabic sentence (UAX 9).
_ISOLATE, _END = "\u2068", "\u2069"


def _one_is_one(number: int) -> str:
    return "one" if number == 1 else "other"


def _french(number: int) -> str:
    return "one" if number in (0, 1) else "other"


def _arabic(number: int) -> str:
    if number <= 2:
        return ("zero", "one", "two")[number]
    rest = number % 100
    return "few" if 3 <= rest <= 10 else "many" if rest >= 11 else "other"


# Language -> which form a number takes (Unicode CLDR, plural rules of whole numbers), and all forms that it has.
_Plural = Callable[[int], str]
PLURALS: Mapping[str, tuple[_Plural, tuple[str, ...]]] = {
    "en": (_one_is_one, ("one", "other")),
    "de": (_one_is_one, ("one", "other")),
    "fr": (_french, ("one", "other")),
    "es": (_one_is_one, ("one", "other")),
    "ar": (_arabic, ("zero", "one", "two", "few", "many", "other")),
}


@lru_cache
def table_of(language: str) -> dict[str, Any]:
    """Every text of a language, by section and name; the plural forms of a text are a table of their own."""
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


class Texts:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._table = table_of(language)
        self.is_right_to_left = self._table["direction"] == "rtl"

    def say(self, section: str, key: str, /, **values: object) -> str:
        """A text with its values."""
        return self._filled(self._table[section][key], values)

    def has(self, section: str, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._table[section]

    def count(self, section: str, key: str, number: int, /, **values: object) -> str:
        """A text that speaks of a number of things; the number itself is `{n}`."""
        return self._counted(self._table[section][key], number, values)

    def files(self, names: list[str]) -> str:
        """The first of some files, and how many more there are."""
        if len(names) == 1:
            return names[0]
        return self._counted(self._table["and_more"], len(names) - 1, {"name": names[0]})

    def column(self, header: str, number: int) -> str:
        """A column, and how many problems it has."""
        return self._filled(self._table["column"], {"header": header, "n": self.number(number)})

    def number(self, number: int) -> str:
        """A number with the marks of the language."""
        return f"{number:,}".replace(",", self._table["thousands"])

    def _counted(self, forms: Mapping[str, str], number: int, values: Mapping[str, object]) -> str:
        form = forms[PLURALS[self.language][0](number)]
        return self._filled(form, {**values, "n": self.number(number)})

    def _filled(self, text: str, values: Mapping[str, object]) -> str:
        if self.is_right_to_left:
            values = {name: f"{_ISOLATE}{value}{_END}" for name, value in values.items()}
        return text.format_map(values)
