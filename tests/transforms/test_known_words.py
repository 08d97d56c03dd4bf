"""The page of headers and words is made from the tables that recognize them."""

import re
from pathlib import Path

from transforms.known_words import as_markdown
from transforms.planning.table.headers import header_key, usual_headers
from transforms.values.statuses.status_table import REFUSED, WORDS
from transforms.values.text import fold

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_tables_say_today() -> None:
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "headers-and-words.md").read_text(encoding="utf-8") == as_markdown() + "\n"


def test_every_header_and_every_word_is_on_the_page() -> None:
    """Whatever table it is in, for every destination."""
    named = re.findall("`([^`]+)`", as_markdown())
    shown = {fold(word) for word in named} | {header_key(word) for word in named}
    headers = set(usual_headers("database")) | set(usual_headers("axcelerate"))
    words = {fold(word) for words in (*WORDS.values(), *REFUSED.values()) for word in words}
    assert headers - shown == set()
    assert words - shown == set()
