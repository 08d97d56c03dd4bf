"""The vocabulary's files, read once: every language that there is a file for."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# Of letters that decomposing leaves as they are: what stands for them without a native keyboard.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "°": "o"}
    | {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ـ": None, "’": None, "'": None, "ʼ": None}
)
_POSSESSIVE = re.compile(r"(?<=\w)['’]s?\b")
# `l'employé`, `date d'inscription`, `dell'evento`
_ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu|(?:de|ne|su|da|a|que)ll|un)['’ʼ](?=[^\W\d_]{2})", re.IGNORECASE)
# `EmployeeID`, `employeeId`, `Sessions2023`.
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z])")
_WORDS = re.compile(r"[^\W\d_]+|\d+|[#%]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_ARTICLE = "ال"


@dataclass(frozen=True)
class Language:
    """One file of the vocabulary.

    code, name: `de`, `German`. raw: the file as it stands. headers: the words of a phrase -> the classes that it has.
    fields: the words of a whole header -> its fields.
    """

    code: str
    name: str
    raw: Mapping[str, Any]
    headers: Mapping[tuple[str, ...], frozenset[str]]
    fields: Mapping[tuple[str, ...], tuple[str, ...]]


def words_in(text: str) -> list[str]:
    """The words and phrases of a list: `full name | complete name`."""
    return [word.strip() for word in text.split("|")]


@cache
def raw() -> dict[str, Mapping[str, Any]]:
    """Code -> the file as it stands, of every language, English first.

    Its lists are texts (`words_in`), which are read several times sooner than arrays.
    """
    names = sorted(file.name for file in files(__package__).iterdir() if file.name.endswith(".toml"))
    codes = sorted((name.removesuffix(".toml") for name in names), key=lambda code: (code != "en", code))
    return {code: tomllib.loads((files(__package__) / f"{code}.toml").read_text(encoding="utf-8")) for code in codes}


@cache
def listed(section: str) -> dict[str, tuple[str, ...]]:
    """Name -> the words that all languages have for it in a section, each once: `listed("status")["attended"]`."""
    found: dict[str, dict[str, None]] = {}
    for file in raw().values():
        for name, words in file.get(section, {}).items():
            found.setdefault(name, {}).update(dict.fromkeys(words_in(words)))
    return {name: tuple(words) for name, words in found.items()}


@cache
def words_at(key: str) -> tuple[str, ...]:
    """The words that all languages list under a key of their own: `negations`."""
    return tuple(dict.fromkeys(word for file in raw().values() if key in file for word in words_in(file[key])))


@cache
def languages() -> dict[str, Language]:
    """Code -> language of which headers are read, English first."""
    return {code: _read(code, file) for code, file in raw().items() if "headers" in file}


def _read(code: str, file: Mapping[str, Any]) -> Language:
    headers, fields = _inverted(file["headers"]), _inverted(file.get("fields", {}))
    return Language(
        code,
        file["language"],
        file,
        {words: frozenset(classes) for words, classes in headers.items()},
        {words: tuple(named) for words, named in fields.items()},
    )


def _inverted(table: Mapping[str, str]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for name, phrases in table.items():
        # One text is brought to plain letters much sooner than its hundred phrases.
        for phrase in _plain(phrases).split("|"):
            found.setdefault(_words(phrase), []).append(name)
    return found


@cache
def words_of(text: str) -> tuple[str, ...]:
    """The words of a header, without case, accents and punctuation; `#` and `%` are words.

    `EmployeeID`, `employee_id` and `Employee's ID` have the same two. An Arabic article is no part of its word, nor is
    one that is left out before a vowel: `d'inscription`.
    """
    return _words(_plain(text))


def plain_letters(folded: str) -> str:
    """A text in lower case with the letters that stand for others without a native keyboard: `ł` is `l`, `ة` is `ه`."""
    return folded if folded.isascii() else folded.translate(_PLAIN)


def _plain(text: str) -> str:
    whole = _POSSESSIVE.sub("", _ELIDED.sub("", unicodedata.normalize("NFKC", text)))
    apart = _CAMEL.sub(" ", whole)
    if apart.isascii():
        return apart.casefold()
    decomposed = unicodedata.normalize("NFKD", apart.casefold().translate(_PLAIN))
    return _NOT_ASCII.sub(_without_marks, decomposed).translate(_PLAIN)


def _without_marks(found: re.Match[str]) -> str:
    return "".join(c for c in found[0] if unicodedata.category(c) not in ("Mn", "Cf"))


def _words(plain: str) -> tuple[str, ...]:
    found = _WORDS.findall(plain)
    return tuple(map(_bare, found)) if _ARTICLE in plain else tuple(found)


def _bare(word: str) -> str:
    return word.removeprefix(_ARTICLE) if len(word) > len(_ARTICLE) + 2 else word
