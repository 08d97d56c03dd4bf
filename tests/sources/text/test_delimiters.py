"""The form of a text file is told by its lines."""

import pytest

from sources.text.delimiters import delimiter_of, odd_line_end, quote_of


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("id,name\n1,Ann\n2,Bob\n", ","),
        ("id;name;grade\n1;Doe, Ann;92,5\n2;Roe, Bob;81,0\n", ";"),
        ("id\tname\n1\tDoe, Ann\n2\tRoe, Bob\n", "\t"),
        ("id|name\n1|Ann\n", "|"),
        ("sep=;\nid;a,b\n1;2,3\n", ";"),
        ("Report of 1, 2 and 3\n\nid;name\n1;Ann\n2;Bob\n", ";"),
        ("id\n1\n2\n", ","),
        ("id^name\n1^Ann\n", "^"),
        ("id~name\n1~Lee, Ann\n2~Roe, Bob\n3~Poe\n", "~"),
        ("id,name\n1,~Ann\n2,~Bob\n", ","),
    ],
)
def test_delimiters(text: str, delimiter: str) -> None:
    """Told by the lines that agree; titles, names and decimal commas do not mislead."""
    assert delimiter_of(text.splitlines(keepends=True)) == (delimiter, int(text.startswith("sep=")))


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("'Email';'Status'\n'a@x.org';'P'\n\n", "'"),
        ("\ufeff'Email';'Status' \r\n'a@x.org';'Here; late'\r\n", "'"),
        ("Email;Status\n'a@x.org';'P'\n", '"'),
        ("'ID';'Status'\n'0071;P'\n", '"'),
        ("'ID;Status'\n'71;'t Hooft'\n", '"'),
        ("'ID';'Status'\n", '"'),
        ("", '"'),
    ],
)
def test_apostrophes_around_all_cells_are_no_part_of_them(text: str, quote: str) -> None:
    """One before an ID, or within a name, is."""
    assert quote_of(text.splitlines(keepends=True), ";") == quote


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x1e", "…", "\\n"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_what_stands_for_line_breaks_is_found(mark: str, delimiter: str) -> None:
    """Where the text has none, and its parts are lines of one table."""
    lines = ["ID,Status", "7,attended", "8,absent", ""]
    assert odd_line_end([mark.join(lines).replace(",", delimiter)]) == mark


@pytest.mark.parametrize(
    "text",
    [
        "ID,Comment…,Status\n",
        "ID,Status\n7,here\u2028and,there\n",
        "ID,Status\n",
        "ID\u2028Status\n",
    ],
)
def test_a_header_alone_has_an_end(text: str) -> None:
    """Whatever stands inside its cells."""
    assert odd_line_end(text.split("\n")[:-1]) is None
