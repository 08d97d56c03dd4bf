"""The words of a page: in the reader's language, which the request or the settings say."""

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup, escape

from reports.languages.finished import translated as translated_to
from reports.languages.texts import Texts, texts_of
from rollbook.notify_settings import LANGUAGES, Language

# As each calls itself.
OWN_NAMES: Mapping[Language, str] = MappingProxyType(
    {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
)
# Keeps what somebody chose at the foot of a page.
COOKIE = "rollbook_language"
# Where uploaded files are kept: nobody who reads a page can do anything with that.
_OF_UPLOADS = re.compile(r"(?<!\S)/[^\n,;“”]*?/[0-9a-f]{16}/files/")
_STATIC = Path(__file__).parent / "static"
_IN_SCRIPTS = re.compile(r'\b(?:say|count)\(\s*"([^"]+)"')
# Of the request that is answered.
_language: ContextVar[Language] = ContextVar("language", default="en")


def choose(kept: str | None, asked: str, usual: Language) -> Language:
    """The language of a page: what the reader chose, else the first one of their browser that we have, else the usual.

    kept: the cookie's. asked: `Accept-Language`. usual: that of the settings.

    >>> choose("ar", "de-AT,de;q=0.9", "en"), choose(None, "ja,fr-CA;q=0.8", "en"), choose("tlh", "", "de")
    ('ar', 'fr', 'de')
    """
    known: Mapping[str, Language] = {name: name for name in LANGUAGES}
    wanted = [kept or "", *(tag.partition("-")[0] for tag in _by_wish(asked))]
    return next((known[each] for each in wanted if each in known), usual)


def _by_wish(asked: str) -> list[str]:
    """The languages of a browser, the most wanted first."""
    wishes = []
    for piece in asked.split(",")[:50]:
        tag, _, terms = piece.strip().casefold().partition(";")
        weight = re.fullmatch(r"\s*q=(0(?:\.\d{1,3})?|1(?:\.0{1,3})?)\s*", terms)
        wishes.append((-float(weight[1]) if weight else -1.0, tag.strip()))
    return [tag for weight, tag in sorted(wishes, key=lambda wish: wish[0]) if weight]


def speak(language: Language) -> None:
    """From now on, within this request, use this language."""
    _language.set(language)


def language() -> Language:
    """The language of the request that is answered."""
    return _language.get()


def texts() -> Texts:
    """Its texts."""
    return texts_of(_language.get())


def say(english: str, /, **values: object) -> Markup:
    """A text with its values, which are text unless they were made to be markup."""
    told = texts()
    return _filled(told, told.of_page(english), values)


def count(english: str, number: int, /, **values: object) -> Markup:
    """A text that speaks of a number of things; the number itself is `{n}`."""
    told = texts()
    return _filled(told, told.form(told.of_page(english), number), {**values, "n": told.number(number)})


def counted(english: str, number: int) -> Markup:
    """The same, with the number large."""
    told = texts()
    large = Markup('<span class="big">{}</span>').format(told.number(number))
    return _filled(told, told.form(told.of_page(english), number), {"n": large})


def word(name: object, begins: bool = False) -> str:
    """A state, an outcome or another code of ours as people say it. begins: a sentence."""
    said = str(texts().of_page(str(name).replace("_", " ")))
    return said[:1].upper() + said[1:] if begins else said


def number(told: int) -> str:
    """A number with the marks of the language."""
    return texts().number(told)


def translated(sentence: object) -> str:
    """A sentence that was finished in English, where it is one of ours; of uploaded files the names alone."""
    return translated_to(_OF_UPLOADS.sub("", str(sentence)), _language.get())


def script_texts() -> str:
    """The texts of the pages' scripts, as JSON: what stands for each English one."""
    told = texts()
    return json.dumps({english: told.of_page(english) for english in in_scripts()}, ensure_ascii=False)


@cache
def in_scripts() -> tuple[str, ...]:
    """The English texts that stand in scripts."""
    found = (_IN_SCRIPTS.findall(path.read_text(encoding="utf-8")) for path in sorted(_STATIC.glob("*.js")))
    return tuple(dict.fromkeys(text for some in found for text in some))


def _filled(told: Texts, text: str, values: Mapping[str, object]) -> Markup:
    """Between backticks stands code, which people copy: nothing isolates what is in it."""
    around = Markup("\u2068{}\u2069") if told.is_right_to_left else Markup("{}")
    shown = {name: around.format(value) for name, value in values.items()}
    code = Markup("<code>{}</code>")
    pieces = [
        code.format(piece.format_map(values)) if at % 2 else escape(piece).format_map(shown)
        for at, piece in enumerate(text.split("`"))
    ]
    return Markup("").join(pieces)
