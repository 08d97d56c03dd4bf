"""The words of lines below a table: of sums and counts, of signatures and legends, in every language."""

import re
from functools import cache

from transforms.planning.title_cells import labels_of
from transforms.vocabulary.languages import listed, words_of

# `Total : 12 inscriptions` counts things.
_MOST_COUNTED = 2
_LONGEST = 80
_LEGEND = re.compile(r"\s*\S{1,12}(?:\s\S{1,12})?\s*[=→]\s*\S")
_COLON = re.compile("[:：](?!\\d)")


@cache
def _phrases(kind: str) -> frozenset[tuple[str, ...]]:
    return frozenset(map(words_of, listed("rows").get(kind, ())))


def _first_words() -> str:
    """A pattern of the words that sums begin with, as sheets write them."""
    return "|".join(sorted({re.escape(phrase.split()[0].lower()) for phrase in listed("rows")["sums"]}))


FIRST_WORDS = _first_words()


def is_sum(text: str) -> bool:
    """Whether a cell says that its row sums up: such words alone, or with a figure and what was counted behind them."""
    if len(text) > _LONGEST:
        return False
    words = words_of(text)
    figure = next((place for place, word in enumerate(words) if word.isdigit()), len(words))
    said, behind = words[:figure], [word for word in words[figure:] if word.isalpha()]
    return len(behind) <= _MOST_COUNTED and said in _phrases("sums")


def label_of(text: str) -> str | None:
    """The words before the first colon; None where there is none."""
    found = _COLON.search(text)
    return text[: found.start()] if found else None


def is_note_label(label: str) -> bool:
    """Whether the words are a label of what stands below tables: a signature, the trainer, the place."""
    words = words_of(label)
    return words in _phrases("notes") or words in labels_of("other")


def is_legend(text: str) -> bool:
    """`✓ = present`."""
    return bool(_LEGEND.match(text))
