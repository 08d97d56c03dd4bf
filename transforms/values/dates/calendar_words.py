"""Names of months and days of the week, of every language of the vocabulary; compared without case and accents."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping

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


def _listed(name: str) -> Iterator[tuple[str, int, str]]:
    """(spelling, place in its list from 1, language) of months or days of the week."""
    for code, file in raw().items():
        for number, spellings in enumerate(words_in(file["calendar"].get(name, "")), start=1):
            yield from ((folded(spelling), number, code) for spelling in spellings.split())


def _by_word(name: str) -> dict[str, dict[int, frozenset[str]]]:
    found: dict[str, dict[int, frozenset[str]]] = {}
    for word, number, code in _listed(name):
        numbers = found.setdefault(word, {})
        numbers[number] = numbers.get(number, frozenset()) | {code}
    return found


# Name -> number of the month -> languages that call it so: `listopada` is October in Croatian, November in Polish.
MONTHS: Mapping[str, Mapping[int, frozenset[str]]] = _by_word("months")


def month_numbers(name: str, language: str | None) -> list[int]:
    """The months that a name says in a language; in every language if that one lacks the name or is not known."""
    numbers = MONTHS[name]
    return [number for number, codes in numbers.items() if language in codes] or list(numbers)


def deciding_language(names: Collection[str], spoken: Collection[str] = ()) -> str | None:
    """The language in which to read names that say two months; None without such names, or if nothing decides.

    names: of months that stand together; the language has all of them. spoken: the languages of the words around them.
    """
    doubtful = [name for name in names if len(MONTHS[name]) > 1]
    if not doubtful:
        return None
    possible = frozenset.intersection(*(frozenset().union(*MONTHS[name].values()) for name in names))
    possible = possible.intersection(spoken) or possible
    told = {name: [n for n, codes in MONTHS[name].items() if codes & possible] for name in doubtful}
    return min(possible, default=None) if all(len(numbers) == 1 for numbers in told.values()) else None


# Name -> days of the week from 1, Monday: `mar` is Tuesday in French, `so` Saturday in Czech and Sunday in German.
DAYS: Mapping[str, frozenset[int]] = {word: frozenset(numbers) for word, numbers in _by_word("days").items()}
