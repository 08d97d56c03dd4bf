"""How texts stand in pages."""

import pytest

from dashboard.forms import Form
from dashboard.rendering import _day, _sentence, _short
from pipeline.repairs.requests import as_sent


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain <b>", "plain &lt;b&gt;"),
        ("“<i>” is no status", "“<bdi>&lt;i&gt;</bdi>” is no status"),
        ("„<i>“ ist kein Status", "„<bdi>&lt;i&gt;</bdi>“ ist kein Status"),
        ("\u2068a\u2069 ليس \u2068حاضر…", "<bdi>a</bdi> ليس <bdi>حاضر…</bdi>"),
        ("do `x <y>`.", "do <code>x &lt;y&gt;</code>."),
        ("an ` alone", "an ` alone"),
        ('`a = "حاضر"`', "<code>a = &#34;<bdi>حاضر</bdi>&#34;</code>"),
    ],
)
def test_a_message_keeps_its_direction_and_is_text(text: str, shown: str) -> None:
    """Code is marked; what is quoted turns nothing around."""
    assert _sentence(text) == shown


def test_nobody_wrote_midnight() -> None:
    """A typed date is shown as a day; other texts as they are."""
    assert [_day(text) for text in ("2023-09-04 00:00:00", "Room 00:00:00", None)] == [
        "2023-09-04",
        "Room 00:00:00",
        "",
    ]
    assert _short("x" * 90, 10) == "x" * 9 + "…"


def test_numbers_of_a_form_are_numbers() -> None:
    """What is none, or larger than a database knows, is left out; each is there once."""
    form = Form(
        (
            ("case", "2"),
            ("case", "x"),
            ("case", "2"),
            ("case", "-1"),
            ("case", "9" * 19),
            ("case", "²"),
            ("case", "9" * 30),
        )
    )
    assert form.numbers("case") == [2]
    assert (form.one("none", "-"), form.each("none")) == ("-", [])


def test_a_browser_sends_line_breaks_its_own_way() -> None:
    """A cell that was not touched is told by it."""
    assert as_sent("a\r\nb\rc\nd") == "a\nb\nc\nd"
