"""Letters written with signs of ASCII are found, and plain words, addresses and links are what they say."""

import re
from email.header import Header
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.text.escaped import MAY_BE_ESCAPED, SIGNS, escaped_in

LETTERS = "".join(map(chr, [*range(0xC0, 0x17F), *range(0x410, 0x450), *range(0x3B1, 0x3C9)]))


def told(text: str) -> list[str | None]:
    """What the escaped parts say; texts with such parts are found beforehand too."""
    found = [one.meant for one in escaped_in(text)]
    assert not found or (re.search(MAY_BE_ESCAPED, text) and any(sign in text.encode() for sign in SIGNS)), text
    return found


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("G+APY-khan", ["ö"]),
        ("+AMk-mile", ["É"]),
        ("Zo+AOs", ["ë"]),
        ("O+IBk-Hara", ["’"]),
        ("+Z05ohQ-", ["李梅"]),
        ("~{@nC7~}", ["李梅"]),
        ("G=C3=B6khan", ["ö"]),
        ("=?iso-8859-1?Q?G=F6khan?=", ["Gökhan"]),
        ("=?UTF-8?B?R8O2a2hhbg==?=", ["Gökhan"]),
        ("G%c3%b6khan", ["ö"]),
        (r"G\u00f6khan", ["ö"]),
        (r"\u674e\u6885", ["李梅"]),
    ],
)
def test_what_stands_for_letters_is_found(text: str, meant: list[str]) -> None:
    """In each of the ways in which programs write them."""
    assert told(text) == meant


@given(st.text(LETTERS, min_size=1, max_size=3), st.sampled_from(["utf-7", "json", "url", "mail"]))
def test_letters_are_found_however_they_are_written(letters: str, way: str) -> None:
    """Between plain letters."""
    text = f"Jan{letters}sen"
    written = {
        "utf-7": lambda: text.encode("utf-7").decode(),
        "json": lambda: ascii(text)[1:-1].replace("\\x", "\\u00"),
        "url": lambda: quote(text),
        "mail": lambda: Header(text, "utf-8").encode(),
    }[way]()
    one_script = len({len(letter.encode()) for letter in letters}) == 1 and len({ord(c) >> 9 for c in letters}) == 1
    assert told(written) or not one_script


@pytest.mark.parametrize(
    "text",
    [
        "Excel+Word",
        "Health+Safety",
        "First+Aid-Basics",
        "C+ABC-1",
        "LAB+HR2-7",
        "+447911123456",
        "+1 202 555 0143",
        "+12025550143",
        "ann+training@example.org",
        "ann+AOk-x@example.org",
        "A+",
        "C++",
        "50%",
        "https://example.org/caf%C3%A9.pdf",
        r"C:\users\dead",
        r"\ufffg",
        "=C2",
        "~{x}",
        "a=?b",
        "Ångström + Söhne",
    ],
)
def test_plain_texts_are_what_they_say(text: str) -> None:
    """However many of the signs they hold."""
    assert told(text) == []


@given(st.lists(st.sampled_from("basic advanced first second level course fire safety aid Word Excel Access".split())))
def test_words_joined_by_plus_are_no_letters(words: list[str]) -> None:
    """Be they as long as they may."""
    assert told("+".join(words)) == []
