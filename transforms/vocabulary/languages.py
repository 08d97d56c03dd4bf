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


@cache
def languages() -> dict[str, Language]:
    """Code -> language, English first."""
    names = sorted(file.name for file in files(__package__).iterdir() if file.name.endswith(".toml"))
    codes = sorted((name.removesuffix(".toml") for name in names), key=lambda code: (code != "en", code))
    return {code: _read(code) for code in codes}


def _read(code: str) -> Language:
    raw = tomllib.loads((files(__package__) / f"{code}.toml").read_text(encoding="utf-8"))
    return Language(
        code,
        raw["language"],
        raw,
        {words: frozenset(classes) for words, classes in _inverted(raw.get("headers", {})).items()},
        {words: tuple(fields) for words, fields in _inverted(raw.get("fields", {})).items()},
    )


def _inverted(table: Mapping[str, list[str]]) -> dict[tuple[str, ...], list[str]]:
    listed = [(name, phrase) for name, phrases in table.items() for phrase in phrases]
    found: dict[tuple[str, ...], list[str]] = {}
    # One text is brought to plain letters much sooner than a thousand.
    plain = _plain("\n".join(phrase for _, phrase in listed)).split("\n")
    for (name, _), words in zip(listed, map(_words, plain), strict=bool(listed)):
        found.setdefault(words, []).append(name)
    return found


@cache
def words_of(text: str) -> tuple[str, ...]:
    """The words of a header, without case, accents and punctuation; `#` and `%` are words.

    `EmployeeID`, `employee_id` and `Employee's ID` have the same two. An Arabic article is no part of its word, nor is
    one that is left out before a vowel: `d'inscription`.
    """
    return _words(_plain(text))


def _plain(text: str) -> str:
    whole = _POSSESSIVE.sub("", _ELIDED.sub("", unicodedata.normalize("NFKC", text)))
    apart = _CAMEL.sub(" ", whole)
    decomposed = unicodedata.normalize("NFKD", apart.casefold().translate(_PLAIN))
    shown = (c for c in decomposed if c.isascii() or unicodedata.category(c) not in ("Mn", "Cf"))
    return "".join(shown).translate(_PLAIN)


def _words(plain: str) -> tuple[str, ...]:
    return tuple(map(_bare, _WORDS.findall(plain)))


def _bare(word: str) -> str:
    return word.removeprefix(_ARTICLE) if len(word) > len(_ARTICLE) + 2 else word
