"""Templates are filled for many failures at once."""

import tomllib

import pytest

from tests.validators.tables import failed
from validators.messages import fill


def test_an_optional_part_is_left_out_where_its_placeholder_has_no_value() -> None:
    """Each failure is filled with what it has."""
    failures = failed({"row": 2, "value": "x", "code": "a", "detail": "y"}, {"row": 3, "value": "x", "code": "a"})
    assert list(fill({"a": "{value} is wrong[[: {detail}]]."}, failures)) == ["x is wrong: y.", "x is wrong."]


def test_braces_and_brackets_of_a_profile_stay_as_they_are() -> None:
    """A remedy may quote TOML, and a cell may hold what looks like a placeholder."""
    template = 'Write [defaults] session_date = {cell = "B2"}, not {value}, in [values.{name}].'
    failures = failed({"row": 2, "field": "status", "value": "{detail} {0} [[x]]", "code": "a"})
    assert list(fill({"a": template}, failures)) == [
        'Write [defaults] session_date = {cell = "B2"}, not {detail} {0} [[x]], in [values.status].'
    ]


def test_a_message_shows_the_beginning_of_a_long_value_on_one_line() -> None:
    """The failure keeps the value whole."""
    failures = failed({"row": 2, "value": "line one\nline two " + "x" * 100, "code": "a"})
    (message,) = fill({"a": "{value}"}, failures)
    assert message == "line one line two " + "x" * 61 + "…"


def test_no_failures_have_no_messages() -> None:
    """An empty table stays one."""
    assert list(fill({}, failed())) == []


@pytest.mark.parametrize("value", ['Say "yes"', '"', "back\\slash", "“so”", "é"])
def test_a_line_for_a_profile_is_one(value: str) -> None:
    """Whatever the cell holds: TOML reads the same text back."""
    failures = failed({"row": 2, "value": value, "code": "status.unknown"})
    (line,) = fill({"status.unknown": "[values.status]\n{key} = 'attended'"}, failures)
    assert tomllib.loads(line) == {"values": {"status": {value: "attended"}}}


def test_a_part_of_a_long_text_is_no_key() -> None:
    """Three dots stand for it."""
    (line,) = fill({"status.unknown": "{key}"}, failed({"row": 2, "value": "x" * 200, "code": "status.unknown"}))
    assert line == '"…"'
