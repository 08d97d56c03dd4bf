"""The texts of a language, and the plural forms of each: a folder of files for each language beside this one."""

import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
# A value is isolated from the text around it, so that a Latin name does not tear up an Arabic sentence (UAX 9).
ISOLATE, END = "\u2068", "\u2069"
# What follows in an English text is for translators: it tells two meanings of a word apart.
MEANT = " // "


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
    files = sorted((_FOLDER / language).glob("*.toml"))
    return {name: told for file in files for name, told in tomllib.loads(file.read_text(encoding="utf-8")).items()}


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
        return self._filled(self.form(self._table[section][key], number), {**values, "n": self.number(number)})

    def of_page(self, english: str) -> Any:
        """What stands for a text of the pages: a text, or its plural forms; the English one where there is none."""
        return self._table["pages"].get(english) or english.partition(MEANT)[0]

    def of_rule(self, english: str) -> str | None:
        """What stands for a rule's message or remedy, or for another finished sentence; None where there is none."""
        told = self._table["rules"].get(english)
        return None if told is None else str(told)

    def files(self, names: list[str]) -> str:
        """The first of some files, and how many more there are."""
        if len(names) == 1:
            return names[0]
        more = len(names) - 1
        return self._filled(self.form(self._table["and_more"], more), {"name": names[0], "n": self.number(more)})

    def column(self, header: str, number: int) -> str:
        """A column, and how many problems it has."""
        return self._filled(self._table["column"], {"header": header, "n": self.number(number)})

    def number(self, number: int) -> str:
        """A number with the marks of the language."""
        return f"{number:,}".replace(",", self._table["thousands"])

    def day(self, day: int, month: int, year: int) -> str:
        """A day in the order of the language, its month as a word."""
        return str(self._table["day"].format(day=day, month=self.month(month), year=f"{year:04}"))

    @property
    def comma(self) -> str:
        """What stands between two things of a list."""
        return str(self._table["comma"])

    def month(self, month: int) -> str:
        """The short name of a month, from 1."""
        return str(self._table["months"][month - 1])

    def form(self, forms: Mapping[str, str] | str, number: int) -> str:
        """The form of a text that a number takes."""
        return forms if isinstance(forms, str) else forms[PLURALS[self.language][0](number)]

    def isolated(self, value: object) -> str:
        """A value as it stands in a sentence of this language."""
        return f"{ISOLATE}{value}{END}" if self.is_right_to_left else str(value)

    def _filled(self, text: str, values: Mapping[str, object]) -> str:
        return text.format_map({name: self.isolated(value) for name, value in values.items()})


@lru_cache
def texts_of(language: str) -> Texts:
    """The texts of a language, read once."""
    return Texts(language)
