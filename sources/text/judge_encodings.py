"""Which encoding the words of a text file are written in, or that this cannot be told.

Each encoding gives the words a reading; readings are compared by how likely they are words of the languages that are
written in the encoding (`sources.text.letters`), with symbols where symbols stand (`sources.text.symbols`), and by how
common the encoding is. One that is likely by itself, and more likely by far than every other, is taken; else the file
is refused with the readings named. Encodings that read all words alike are no doubt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sources.errors import Unreadable
from sources.text.letters import languages_written_in, likelihood, likelihoods
from sources.text.odd_words import Word

# What is added to the likelihood of a reading (natural logarithm), for how common the encoding is in tables: nearly all
# that are not Unicode come from Windows.
_PRIORS: dict[str, float] = {
    "cp1252": 4.0,
    **dict.fromkeys(("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874"), 0.0),
    **dict.fromkeys(("iso8859-2", "iso8859-15", "iso8859-9", "iso8859-7", "iso8859-5", "iso8859-13"), -1.0),
    **dict.fromkeys(("koi8-r", "koi8-u", "mac-roman", "mac-latin2", "mac-cyrillic"), -1.0),
    **dict.fromkeys(("cp850", "cp437", "cp852", "cp866"), -2.0),
    **dict.fromkeys(("iso8859-4", "cp775", "cp857", "mac-turkish"), -2.0),
    **dict.fromkeys(("iso8859-6", "iso8859-8", "cp737", "cp855"), -4.0),
    **dict.fromkeys(("cp860", "cp861", "cp862", "cp863", "cp865", "cp1258"), -4.0),
    **dict.fromkeys(("mac-croatian", "mac-romanian", "mac-iceland"), -4.0),
    **dict.fromkeys(("cp720", "cp864", "mac-greek"), -6.0),
    "iso8859-16": -12.0,
}
# Two bytes a character. Short texts of one fit the others too well to be told apart: they are never taken unsaid.
_EAST_ASIAN = {"gb18030": -2.0, "big5": -2.0, "cp932": -2.0, "cp949": -2.0, "euc_jp": -4.0}
# A reading that is taken is so much more likely than any other (natural logarithm).
_MARGIN = 8.0
# A word in another language than the rest of the file.
_FOREIGN = -6.0
# A file in a Western language whose encoding is made for other regions.
_OF_ANOTHER_REGION = -4.0
# Of the Western languages, so many are written in a Western encoding.
_MOST = 0.5
# So likely it is at least, a letter (natural logarithm).
_LIKELY = -4.5
# A word that is so much more likely in another reading was written otherwise.
_OF_ANOTHER = 16.0
_FIRST_WORDS, _WORDS = 100, 1000
_FAR_BEHIND = 60.0
_TOLD_READINGS, _TOLD_WORDS, _TOLD_CHARACTERS = 3, 2, 30
_REMEDY = "Open the file in Excel, make sure that the names look right, save it as “CSV UTF-8” and import that."


@dataclass
class _Reading:
    """What encodings, the most common one first, make of the words."""

    names: list[str]
    texts: tuple[str, ...]
    prior: float
    languages: np.ndarray
    regions: np.ndarray
    scores: list[float] = field(default_factory=list)
    score: float = 0.0

    def judge(self, places: Sequence[int]) -> None:
        """Each word in the language that most words are in, or as a foreign one in its own."""
        likely = np.array([likelihoods(self.texts[place]) for place in places]) + self.languages
        own = likely.max(axis=1, keepdims=True)
        together = np.maximum(likely, own + _FOREIGN)
        likely_as_main = together.sum(axis=0) + self.regions
        main = int(likely_as_main.argmax())
        self.scores = together[:, main].tolist()
        self.score = self.prior + float(likely_as_main[main])

    def is_likely(self, places: Sequence[int]) -> bool:
        return self.score > _LIKELY * sum(len(self.texts[place]) + 1 for place in places)


def judged(words: Sequence[Word]) -> str:
    """The encoding, as Python names it; raises Unreadable where words are of two encodings, or two fit."""
    readings = _readings(words)
    places = _spread(len(words), _FIRST_WORDS)
    best = _rank(readings, places)
    _refuse_utf8_between(words, best)
    _refuse_another_between(words, readings, places)
    readings = [
        reading
        for reading in readings
        if reading.score > best.score - _FAR_BEHIND or {best.names[0], reading.names[0]} <= _EAST_ASIAN.keys()
    ]
    places = _spread(len(words), _WORDS)
    best = _rank(readings, places)
    _refuse_another_between(words, readings, places)
    is_clear = len(readings) == 1 or best.score - readings[1].score >= _MARGIN
    if is_clear and best.is_likely(places) and best.names[0] not in _EAST_ASIAN:
        return best.names[0]
    raise _doubtful(words, readings, places)


def _readings(words: Sequence[Word]) -> list[_Reading]:
    """One for each way to read the words: those that differ."""
    joined = b"\n".join(word.raw for word in words)
    found: dict[str, _Reading] = {}
    for name, prior in {**_PRIORS, **_EAST_ASIAN}.items():
        try:
            text = joined.decode(name)
        except UnicodeDecodeError:
            continue
        if text in found:
            found[text].names.append(name)
            found[text].languages = np.maximum(found[text].languages, languages_written_in(name))
            found[text].regions = np.maximum(found[text].regions, _regions(name))
        else:
            found[text] = _Reading([name], tuple(text.split("\n")), prior, languages_written_in(name), _regions(name))
    return list(found.values())


def _regions(encoding: str) -> np.ndarray:
    """What to add where a language (one a number) is the main one: Western ones are seldom written in other pages."""
    western, written = languages_written_in("cp1252") == 0, languages_written_in(encoding) == 0
    is_western = written[western].mean() > _MOST or not written[~western].any()
    return np.where(western & (not is_western), _OF_ANOTHER_REGION, 0.0)


def _rank(readings: list[_Reading], places: Sequence[int]) -> _Reading:
    for reading in readings:
        reading.judge(places)
    readings.sort(key=lambda reading: -reading.score)
    return readings[0]


def _spread(number: int, wanted: int) -> Sequence[int]:
    """At most so many of the words, from all over the file."""
    return range(0, number, -(-number // wanted))


def _refuse_utf8_between(words: Sequence[Word], best: _Reading) -> None:
    """Words that are UTF-8 by the way are likelier as what the others are; words that were written so are not."""
    utf8 = {place: text for place, word in enumerate(words) if (text := _as_utf8(word.raw)) is not None}
    gained = sum(likelihood(text) - likelihood(best.texts[place]) for place, text in utf8.items())
    if gained < _MARGIN:
        return
    one = min(utf8, key=lambda place: words[place].line)
    other = next(word for place, word in enumerate(words) if place not in utf8)
    raise Unreadable(
        f"The file is written in two ways: line {words[one].line} (“{_cut(utf8[one])}”) is UTF-8, "
        f"line {other.line} (“{_cut(best.texts[words.index(other)])}”) is not. {_REMEDY}"
    )


def _as_utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _refuse_another_between(words: Sequence[Word], readings: Sequence[_Reading], places: Sequence[int]) -> None:
    """Some words are far likelier in one reading, others in another: two files in one."""
    best = readings[0]
    for number, place in enumerate(places):
        other = max(readings, key=lambda reading: reading.scores[number])
        is_word = any(letter.isalpha() for letter in best.texts[place])
        if is_word and other.scores[number] - best.scores[number] >= _OF_ANOTHER:
            raise Unreadable(
                f"The file seems to be written in two ways: in line {words[place].line} “{_cut(best.texts[place])}” "
                f"is likely “{_cut(other.texts[place])}”, while other lines read well. {_REMEDY} "
                f'If the letters are right, the administrator can set [file] encoding = "{best.names[0]}" in a profile.'
            )


def _doubtful(words: Sequence[Word], readings: Sequence[_Reading], places: Sequence[int]) -> Unreadable:
    """Told with the readings that a person has to choose from, and with words that they read differently."""
    near = _to_choose_from(readings)
    telling = [place for place in places if len({reading.texts[place] for reading in near}) > 1] or list(places)
    shown = "; ".join(
        f"line {words[place].line}: "
        + " or ".join(dict.fromkeys(f"“{_cut(reading.texts[place])}” ({reading.names[0]})" for reading in near))
        for place in telling[:_TOLD_WORDS]
    )
    names = " or ".join(f'"{reading.names[0]}"' for reading in near)
    return Unreadable(
        f"The file does not say how its letters are stored, and more than one way fits: {shown}. {_REMEDY} "
        f"Or the administrator sets the encoding that reads right in a profile: [file] encoding = {names}."
    )


def _to_choose_from(readings: Sequence[_Reading]) -> list[_Reading]:
    """The likeliest ones; where one of those has two bytes a character, all that have: they are never told apart."""
    near = list(readings[:_TOLD_READINGS])
    if any(reading.names[0] in _EAST_ASIAN for reading in near):
        near = [reading for reading in readings if reading.names[0] in _EAST_ASIAN or reading is near[0]]
    return near


def _cut(text: str) -> str:
    line = "".join(character if character.isprintable() else "�" for character in text)
    return line if len(line) <= _TOLD_CHARACTERS else f"{line[: _TOLD_CHARACTERS - 1]}…"
