"""What sheets call the five statuses, in every language of the vocabulary: what words mean, and what is in doubt."""

import re
from collections.abc import Iterable
from functools import lru_cache

from rollbook.rows.statuses import ATTENDED, CANCELLED, COMPLETED, ENROLLED, NO_SHOW
from transforms.values.text import fold, mark_key
from transforms.vocabulary.languages import listed, plain_letters, raw, words_at, words_in

WORDS: dict[str, tuple[str, ...]] = {
    status: listed("status")[status] for status in (ATTENDED, COMPLETED, NO_SHOW, ENROLLED, CANCELLED)
}

# Of the words that sheets use in two senses: what they may be, by their kind in the vocabulary.
REASONS: dict[str, str] = {
    "excused": "could mean no_show or cancelled",
    "failed": "could mean completed with the grade Fail, or attended",
    "incomplete": "could mean attended, enrolled or no_show",
    "active": "could mean enrolled or attended",
    "person": "describes the person, not the enrollment",
    "grade": "is a grade; the status could be completed",
    "declined": "could mean cancelled (declined beforehand) or no_show",
    "credit": "could be a credit, or no record at all",
    "no_record": "means that there is no record",
}
NO_RECORD = REASONS["no_record"]

# Marks of no language.
_MARKS: dict[str, tuple[str, ...]] = {
    "could mean no_show (absent) or attended (German: anwesend)": ("a",),
    "could mean attended (late)": ("l",),
    REASONS["excused"]: ("e",),
    "could mean attended: a tick typed in Wingdings": ("ü", "þ", "\uf0fc", "\uf0fe"),
    "could mean no_show: a cross typed in Wingdings": ("û", "ý", "\uf0fb", "\uf0fd"),
}
# `Absent(e)`, `Inscrito/a`, `Présent·e`: the ending of the other gender.
_GENDER = re.compile(r"(?<=\w\w\w)(?:\((?:a|e|o|y|\u0629)\)|[/·•*:]-?(?:a|e|o|y|\u0629))(?=\s|$)", re.IGNORECASE)
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")


@lru_cache(maxsize=2**13)  # more than there are words in the vocabulary, each of which is asked for several times
def key(text: str) -> str:
    """How words are compared: folded, without apostrophes, and without the ending of another gender."""
    return plain_letters(fold(_GENDER.sub("", text)).translate(_APOSTROPHES))


def words_of_kind(kind: str) -> tuple[str, ...]:
    """The words of a kind of doubt, in all languages; grades that are no Pass and no Fail are one."""
    if kind == "grade":
        return tuple(word for grade in ("Distinction", "Merit") for word in listed("grades")[grade])
    return listed("refused").get(kind, ())


def _refused() -> dict[str, tuple[str, ...]]:
    found = {reason: words_of_kind(kind) for kind, reason in REASONS.items()}
    return {reason: (*_MARKS.get(reason, ()), *found.get(reason, ())) for reason in {**_MARKS, **found}}


REFUSED: dict[str, tuple[str, ...]] = _refused()

STATUS_OF = {key(word): status for status, words in WORDS.items() for word in words}
# Marks as they stand, in lower case: folded, the Wingdings ü would be the letter u, and `-` nothing.
REFUSED_MARKS = {word: reason for reason, words in REFUSED.items() for word in words if len(key(word)) < 2}
_DOUBTS: dict[str, list[str]] = {}
for _reason, _words in REFUSED.items():
    for _word in _words:
        if _word not in REFUSED_MARKS and _reason not in _DOUBTS.setdefault(key(_word), []):
            _DOUBTS[key(_word)].append(_reason)
# A word that is of two kinds may be either: `suspenso` has failed in Spain and is suspended in Brazil.
REFUSED_WORDS = {word: ", or it ".join(reasons) for word, reasons in _DOUBTS.items()}


def _near(words: Iterable[str]) -> frozenset[str]:
    """The words that another one may be a slip of; what says that there is no record is no advice."""
    known = (word for word in words if key(word) in STATUS_OF or REFUSED_WORDS.get(key(word)) not in (None, NO_RECORD))
    return frozenset(known)


_NEAR = _near(word for words in (*WORDS.values(), *REFUSED.values()) for word in words)
ENGLISH = _NEAR & {
    word
    for section in ("status", "refused", "grades")
    for words in raw()["en"][section].values()
    for word in words_in(words)
}


def near(text: str) -> frozenset[str]:
    """The words that a text may be a slip of: those of other languages only where it has letters that English has not.

    An English word may be one slip away from a word that means something else there: `presented`, `presente`.
    """
    return ENGLISH if text.isascii() else _NEAR


# The statuses whose no is no_show: `Present`, `asistió`.
PRESENT = frozenset(map(key, words_at("present")))
# What may stand beside a status and changes nothing.
BESIDE = frozenset(map(key, words_at("beside")))
# What a booking may be, beside a column that says who came: one that stands, and one by which nobody has a seat.
STANDING, WAITING = (frozenset(map(key, listed("bookings")[kind])) for kind in ("standing", "waiting"))


def reason_of(text: str) -> str | None:
    """Why a word or mark that is known to have two senses is not read; None where none is known."""
    return REFUSED_MARKS.get(mark_key(text)) or REFUSED_WORDS.get(key(text))
