"""What is wrong with a TOML file, so that somebody who pasted a line of a message into it can correct it."""

import re
import tomllib

_LINE = re.compile(r"at line (\d+)")
_SECTION_AND_KEY = re.compile(r"\s*(\[[^\[\]]+\])\s*([^\s#\]].*?)\s*")
_SECTION = re.compile(r"\s*(\[[^\[\]]+\])\s*(?:#.*)?")


def toml_problem(text: str, error: tomllib.TOMLDecodeError) -> str:
    """`line 3: …`: a section and its key on one line, a section or a key that comes twice; else what the parser says.

    text: the whole file. error: what the parser said of it.
    """
    place = _LINE.search(str(error))
    if place is None:
        return str(error)
    number = int(place[1])
    line = text.split("\n")[number - 1].rstrip("\r")
    if both := _SECTION_AND_KEY.fullmatch(line):
        section, key = both.groups()
        return f"line {number}: write {section} on a line of its own (once in the file), and below it: {key}"
    if "twice" in str(error) and (section := _SECTION.fullmatch(line)):
        return f"line {number}: {section[1]} is there already. Write its lines below the first one"
    if "overwrite" in str(error):
        return f"line {number}: this key is there already: {line.strip()}"
    return str(error)
