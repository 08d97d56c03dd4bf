"""Names of months and days of the week, of every language of the vocabulary; compared without case and accents."""

import unicodedata
from collections.abc import Iterator

from transforms.vocabulary.languages import raw, words_in

# What stands between the parts of a date: `5 de marzo de 2024`, `5. März 2024`, `5 de março do ano de 2024`.
BETWEEN = ("de", "del", "do", "of", "di", "d'")
# What stands before and behind one: `le 5 mars 2024`, `5 marca 2024 r.`, `5 марта 2024 г.`
BEFORE = ("le", "el", "am", "den", "il", "op", "d", "the", "on")
BEHIND = (
    "r",
    "r.",
    "roku",
    "\u0433",
    "\u0433.",
    "\u0433\u043e\u0434\u0430",
    "\u0440.",
    "\u0440\u043e\u043a\u0443",
    "j.",
    "g.",
)


def folded(text: str) -> str:
    """The text without case and accents; `ı` is `i`. Vowels above Thai letters, which do not combine, stay."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", plain).replace("\u0131", "i")


def _months() -> Iterator[tuple[str, int]]:
    for file in raw().values():
        for number, spellings in enumerate(words_in(file["calendar"].get("months", "")), start=1):
            yield from ((folded(spelling), number) for spelling in spellings.split())


MONTHS: dict[str, int] = dict(_months())
DAYS: frozenset[str] = frozenset(
    folded(day) for file in raw().values() for day in words_in(file["calendar"].get("days", "")) if day
)
