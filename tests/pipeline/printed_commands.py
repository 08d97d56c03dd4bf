"""The commands that Rollbook prints for somebody to paste, wherever they stand."""

import re

# A line of its own, the end of a line, between backticks with words behind its name, or help between parentheses.
_COMMAND = re.compile(
    r"^\s*(rollbook [a-z]+.*)$"
    r"|(?<=: )(rollbook [a-z]+.*)$"
    r"|`(rollbook [a-z]+ [^`]+)`"
    r"|\((rollbook [a-z -]+ --help)\b"
)
# A word in the place of one that is to be put in: FILE, PATH, CASE…
_PLACE = re.compile(r"(?<![-\w/.])[A-Z]{2,}(?:[…. ]|$)|…")


def commands_in(text: str) -> list[str]:
    """The commands of an answer, each once; none has a word in the place of one that is to be put in."""
    found = [next(filter(None, one.groups())) for line in text.splitlines() for one in _COMMAND.finditer(line)]
    assert not [line for line in found if _PLACE.search(line)], found
    return list(dict.fromkeys(found))
