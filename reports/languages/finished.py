"""Finished English sentences in another language: what rules and errors said when they were recorded.

The record is in English, and so are the command line and JSON; a page finds the template that made a sentence, takes
its values out of it and fills them into the template of the reader's language.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from reports.languages.texts import Texts, table_of, texts_of

_PARTS = re.compile(r"(\[\[|\]\]|\{\w+\})")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]")
_PLACE = re.compile(r"\{(\w+)\}")
# Values that are words of ours, and not of a cell, a file or a person.
_OWN_WORDS = frozenset({"detail", "field", "what", "why", "role", "asked", "state", "reason", "rows"})
_NUMBERS = frozenset({"usual", "number", "most", "mib"})
_NUMBER = re.compile(r"\d{1,3}(,\d{3})+")
# Longer ones are no sentences of ours.
_LONGEST = 4_000


@dataclass(frozen=True)
class _Template:
    """english: as the catalogs have it. pattern: what it makes. fixed: how many characters are its own.

    words: its longest fixed part, looked for first. is_counted: one of a text's plural forms.
    """

    english: str
    pattern: re.Pattern[str]
    fixed: int
    words: str
    is_counted: bool


def translated(text: str, language: str) -> str:
    """A sentence, or several lines of them, in a language; as it was where no template of ours made it."""
    if language == "en" or not text or len(text) > _LONGEST:
        return text
    return _translated(text, language)


@lru_cache(maxsize=4_096)
def _translated(text: str, language: str) -> str:
    texts = texts_of(language)
    if (whole := _of_template(text, texts)) is not None:
        return whole
    # A title is a message without its period.
    if (sentence := _of_template(f"{text}.", texts)) is not None:
        return sentence.removesuffix(".")
    if "\n" in text:
        return "\n".join(_translated(line, language) for line in text.split("\n"))
    return text


def _of_template(text: str, texts: Texts) -> str | None:
    exact = texts.of_rule(text)
    if exact is not None and not _PARTS.search(exact):
        return exact
    for template in _templates():
        if template.words in text and (found := template.pattern.fullmatch(text)):
            filled = _filled(template, found.groupdict(), texts)
            if filled is not None:
                return filled
    return None


def _filled(template: _Template, found: Mapping[str, str | None], texts: Texts) -> str | None:
    values = {name.rstrip("_"): value for name, value in found.items() if value is not None}
    own: str | None
    if template.is_counted:
        forms = texts.of_page(template.english)
        number = int(values["n"].replace(",", "")) if "n" in values else 1
        values["n"] = texts.number(number)
        own = texts.form(forms, number)
    else:
        own = texts.of_rule(template.english)
    if own is None:
        return None
    kept = _OPTIONAL.sub(lambda part: part[1] if all(name in values for name in _PLACE.findall(part[1])) else "", own)
    told = {name: _told(name, value, texts) for name, value in values.items()}
    # What is between backticks is copied: nothing isolates it.
    apart = {name: texts.isolated(value) for name, value in told.items()}
    pieces = kept.split("`")
    return "`".join(_with(piece, told if at % 2 else apart) for at, piece in enumerate(pieces))


def _with(piece: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values.get(place[1], ""), piece)


def _told(name: str, value: str, texts: Texts) -> str:
    """A value in the language, where it is ours: a clause, a state or another word of the pages, or a number."""
    if name in _NUMBERS and _NUMBER.fullmatch(value):
        return texts.number(int(value.replace(",", "")))
    if name not in _OWN_WORDS:
        return value
    clause = _translated(value, texts.language)
    word = texts.of_page(value) if clause == value else clause
    return word if isinstance(word, str) else clause


@lru_cache
def _templates() -> tuple[_Template, ...]:
    """All templates that have values, those that fix the most first."""
    # German stands for all: each language has what another has.
    made = [_template(english, english) for english in table_of("de")["rules"] if _PARTS.search(english)]
    made += _counted()
    return tuple(sorted(made, key=lambda template: -template.fixed))


def _counted() -> Iterator[_Template]:
    for english, forms in table_of("en")["pages"].items():
        if isinstance(forms, dict):
            for form in dict.fromkeys(forms.values()):
                yield _template(english, form, is_counted=True)


def _template(english: str, form: str, *, is_counted: bool = False) -> _Template:
    pieces, seen = [], set[str]()
    for piece in _PARTS.split(form):
        if place := _PLACE.fullmatch(piece):
            name = place[1]
            kind = r"[\d,]+" if is_counted and name == "n" else ".+?"
            pieces.append(f"(?P={name})" if name in seen else f"(?P<{name}>{kind})")
            seen.add(name)
        else:
            pieces.append({"[[": "(?:", "]]": ")?"}.get(piece, re.escape(piece)))
    own = [piece for piece in _PARTS.split(_OPTIONAL.sub("{x}", form)) if not _PARTS.fullmatch(piece)]
    pattern = re.compile("".join(pieces), re.DOTALL)
    return _Template(english, pattern, sum(map(len, own)), max(own, key=len, default=""), is_counted)
