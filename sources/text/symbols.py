"""How likely punctuation and symbols beyond ASCII stand where they do: beside which letters, figures and spaces.

The byte of a curly apostrophe in one encoding is a letter in another; where it stands as apostrophes do it is evidence
for the encoding in which it is one.
"""

import re

# Natural logarithms: where hardly anything else stands, where it is at home, where it may stand, where it hardly does,
# and where it does not.
_USUAL, _AT_HOME, _BEHIND, _POSSIBLE, _HARDLY, _MISPLACED = -2.0, -4.0, -5.0, -7.0, -12.0, -30.0
# Symbols; what stands before and after them in the same word; how likely that is.
_PLACES = (
    ("«»", r"", r"", _AT_HOME),
    ("«", r"", r".*»", _AT_HOME),
    ("«‹»", r"|.*[^\w]", r"[\w¿¡“‘«(].*", _POSSIBLE),
    ("‘“„‚", r"|.*[^\w]", r"|[\w¿¡“‘«(].*", _AT_HOME),
    ("’”»›", r".*[“‘«‹„].*|", r"|\W.*", _AT_HOME),
    ("’", r".*[^\W\d_]{4}[sS]", r"|\W.*", _BEHIND),
    ("’", r"", r"\d\ds?|\w{1,4}", _AT_HOME),
    ("“‘«", r".*[„‚»].*", r"|\W.*", _AT_HOME),
    ("’”", r".*[\w.,!?…%°)\]’”\xa0]", r"|\W.*", _POSSIBLE),
    ("“‘«»›", r".*[\w.,!?)]", r"|\W.*", _HARDLY),
    ("’", r".*[^\W\d_]", r"[^\W\d_].*", _HARDLY),
    ("¿¡", r"|.*[“«(¿¡]", r"[^\W\d_].*", _USUAL),
    ("…", r".*[^\W\d_]{4,}", r"", _USUAL),
    ("…", r"|.*\w{3,}|.*\d|.*\W", r"|[”’“)].*", _AT_HOME),
    ("…", r"|.*\w", r"|\w{2,}.*", _POSSIBLE),
    ("–—", r"|.*[\d.]", r"|\d.*", _AT_HOME),
    ("–—", r"|.*[^\W\d_]{2,}", r"|[A-ZÀ-Þ]\w+.*", _POSSIBLE),
    ("–—", r".*\w", r"\w.*", _HARDLY),
    ("•·", r"", r"", _AT_HOME),
    ("•·", r"", r"\w.*", _POSSIBLE),
    ("€£¥", r"|\W*|.*\d", r"|\d.*|\W.*", _AT_HOME),
    ("°", r".*\d|[Nn]|", r"|[CFKcf]\b.*|\W.*|\d.*", _AT_HOME),
    ("ªº", r"\d+\.?|[NnMD]", r"|\W.*", _AT_HOME),
    ("²³", r"\d*[kcdm]?m", r"|\W.*", _AT_HOME),
    ("¼½¾", r"\d*", r"|\W.*", _AT_HOME),
    ("™®", r".*[^\W_]{2,}", r"|\W.*", _POSSIBLE),
    ("©", r"", r"|\d.*", _AT_HOME),
    ("§", r"", r"|\d.*", _AT_HOME),
    ("§", r"", r"§", _AT_HOME),
    ("±", r"", r"|\d.*", _AT_HOME),
    ("×", r"\d+", r"\d.*", _AT_HOME),
    ("×", r"", r"", _AT_HOME),
    ("¹²³", r"\d*", r"|\W.*", _HARDLY),
    ("™®", r"", r"", _HARDLY),
    ("\xa0", r".*\w\w|.*\d|.*[A-ZÀ-Þ]", r"\d.*|[A-ZÀ-Þ].*", 0.0),
    ("\xa0", r".*[\W\d]", r"|\W.*|\d.*|[^\W\d_].*", _USUAL),
    ("\xa0", r".*\w\w", r"|\W.*", _POSSIBLE),
    ("\xa0", r"", r".*", _AT_HOME),
    ("\xa0", r".*", r".*", _HARDLY),
)
_COMPILED = [
    (symbols, re.compile(before, re.DOTALL), re.compile(after, re.DOTALL), likely)
    for symbols, before, after, likely in _PLACES
]
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[’‘´](?=[^\W\d_])")
# O’Brien; d’Arc, l’été; Ann’s, don’t: of the last ones only what stands before the apostrophe is a word.
_BEFORE_CAPITAL = re.compile(r"(?:.*\W)?(?:\w{1,2}|[Dd]ell|[Dd]all|[Ss]ull|Mac)", re.DOTALL)
_CAPITALIZED = re.compile(r"[A-ZÀ-Þ]\w+.*", re.DOTALL)
_ELISIONS = re.compile(r"(?:.*\W)?(?:[DLdl]|[Qq]u|[Dd]ell|[Aa]ll|[Nn]ell|[Ss]ull)", re.DOTALL)
_VOWEL_WORD = re.compile(r"[AEIOUHaeiouhàâéèêëîïôœ]\w{2,}.*", re.DOTALL)
_CONTRACTION = re.compile(r"(?<=[^\W\d_]{2})’[sS](?!\w)")
_CLEAR_CONTRACTION = re.compile(
    r"(?<=[^\W\d_]{5})’[sS](?!\w)|(?<=n)’t(?!\w)|(?<=N)’T(?!\w)|(?<=\bI)’(?:m|d|ve|ll)(?!\w)"
    r"|(?:(?<=you)|(?<=we)|(?<=he)|(?<=they)|(?<=it)|(?<=who)|(?<=that))’(?:d|ll|re|ve|s)(?!\w)",
    re.IGNORECASE,
)
# Symbols that Python counts among letters.
_LETTERLIKE = frozenset("ªºµƒˆ")


def is_symbol(text: str) -> bool:
    """Whether the one character is a symbol, though Python takes it for a letter."""
    return text in _LETTERLIKE


def without_apostrophes(text: str) -> tuple[str, float]:
    """The text with ' for curly apostrophes between letters, without contractions; and how likely those are."""
    words, clear = _CLEAR_CONTRACTION.subn("", text)
    words, cut = _CONTRACTION.subn("", words)
    plain, _ = _BETWEEN_LETTERS.subn(lambda found: "'" if _is_elision(words, found.start()) else found[0], words)
    put = plain.count("'") - words.count("'")
    return plain, _USUAL * clear + _POSSIBLE * cut + _AT_HOME * put


def likelihood_of_symbol(symbol: str, before: str, after: str) -> float:
    """The natural logarithm of how likely the symbol stands between these texts of its word."""
    for symbols, left, right, likely in _COMPILED:
        if symbol in symbols and left.fullmatch(before) and right.fullmatch(after):
            return likely
    return _MISPLACED


def _is_elision(text: str, place: int) -> bool:
    before, after = text[:place], text[place + 1 :]
    if _CAPITALIZED.fullmatch(after):
        return bool(_BEFORE_CAPITAL.fullmatch(before))
    return text[place] == "’" and bool(_ELISIONS.fullmatch(before) and _VOWEL_WORD.fullmatch(after))
