"""What passes for an e-mail address is judged by the rules of its syntax, without the network."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.emails import has_form_of_email


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org",
        "a.b-c+d@sub.example.co.uk",
        "josé@exämple.org",
        "o'brien@x.ie",
        "1@2.museum",
        "a_b@x-y.org",
        "weiß@straße.example",
        "x@hq.local",
        "x@a.test",
        "l" * 64 + "@x.org",
        "l@" + "d" * 63 + ".org",
    ],
)
def test_what_looks_like_an_address_is_one(address: str) -> None:
    """Letters of all scripts, plus signs, apostrophes and sub-domains."""
    assert has_form_of_email(pd.Series([address], dtype="str")).all()


@pytest.mark.parametrize(
    "text",
    [
        "ann",
        "ann@example",
        "ann@@example.org",
        "ann example@x.org",
        "ann@example..org",
        ".ann@example.org",
        "ann.@example.org",
        "ann@.org",
        "ann@example.org;bob@example.org",
        "ann@example.org.",
        "<ann@example.org>",
        "ann@example.o",
        "@example.org",
        "ann@exa_mple.org",
        "ann@example.org*",
        "ann@example.org%20",
        "ann@-example.org",
        "ann@example-.org",
        "ann@10.0.0.1",
        "ann@[10.0.0.1]",
        "ann lee@example.org",
        "ann@" + "d" * 64 + ".org",
        "ann@" + "d.e" * 90 + ".org",
    ],
)
def test_what_does_not_is_none(text: str) -> None:
    """Blanks, two addresses, missing halves."""
    assert not has_form_of_email(pd.Series([text], dtype="str")).any()


@given(st.lists(st.text(max_size=20) | st.text("ab.-_@", max_size=12) | st.emails().map(str.lower), max_size=6))
def test_each_distinct_text_is_judged_once_and_alone(texts: list[str]) -> None:
    """Neighbours and repetitions do not matter; nothing raises."""
    column = pd.Series(texts * 2, dtype="str")
    alone = [bool(has_form_of_email(pd.Series([text], dtype="str")).iat[0]) for text in texts * 2]
    assert has_form_of_email(column).tolist() == alone
