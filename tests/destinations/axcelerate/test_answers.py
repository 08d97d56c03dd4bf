"""Answers are read whatever their keys, codes and dates look like."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destinations.axcelerate.answers import day_of, plain, same, status_of, text_of, words_of


@pytest.mark.parametrize(
    ("status", "content", "effective"),
    [
        (200, [], 200),
        (200, {"STATUS": "success"}, 200),
        (204, None, 204),
        (200, {"error": True, "code": "412", "messages": "no"}, 412),
        (200, {"ERROR": True, "CODE": 401}, 401),
        (200, {"Error": "true", "Code": "503"}, 503),
        (200, {"error": True, "code": "200"}, 412),
        (200, {"error": True, "code": "E17"}, 412),
        (200, {"error": False, "code": "412"}, 200),
        (404, {"error": True, "code": "412"}, 404),
    ],
)
def test_an_error_inside_of_a_success_counts(status: int, content: Any, effective: int) -> None:
    assert status_of(status, content) == effective


def test_the_words_of_a_refusal_are_put_together() -> None:
    assert words_of({"MESSAGES": ["One", {"field": "two"}], "Details": "three"}) == "One two three"
    assert words_of({"messages": "Same", "details": "Same"}) == "Same"
    assert words_of(None) == words_of([1]) == "no reason is given"


def test_plain_values_are_text() -> None:
    values: list[Any] = [9001, "9001", 9001.0, " ", None, [], True]
    assert list(map(text_of, values)) == ["9001", "9001", "9001", None, None, None, "true"]
    assert plain({"Unit_Code": 1}) == {"unitcode": 1}
    assert plain([]) == {}


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        ("2023-05-04 09:00", "2023-05-04"),
        ("2023-05-04", "2023-05-04"),
        ("2023-05-04T00:00:00Z", "2023-05-04"),
        ("13/05/2023 9:00 AM", "2023-05-13"),
        ("04/05/2023", "04/05/2023"),
        ("4 May 2023", "2023-05-04"),
        ("0000-00-00 00:00", None),
        ("", None),
        (None, None),
        ("soon", "soon"),
        ("2023-02-30", "2023-02-30"),
    ],
)
def test_a_day_is_read_where_it_has_one_reading(shown: Any, day: str | None) -> None:
    assert day_of(shown) == day


def test_a_date_in_two_readings_may_be_either() -> None:
    """Else a sheet would be written again and again; only of dates."""
    assert same("ended_on", "04/05/2023", "2023-05-04")
    assert same("ended_on", "04/05/2023", "2023-04-05")
    assert not same("ended_on", "04/05/2023", "2023-05-05")
    assert not same("outcome_code", "20", "30")
    assert not same("ended_on", None, "2023-05-04")
    assert same("ended_on", None, None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_nothing_that_is_json_raises(content: Any) -> None:
    status_of(200, content)
    words_of({"messages": content})
    text_of(content)
    day_of(content)
