"""Tokens are written another way on each page, and read the same."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.masking import masked, unmasked


@given(st.binary(min_size=16, max_size=64))
def test_what_was_masked_is_read_again(token: bytes) -> None:
    first, again = masked(token.hex()), masked(token.hex())
    assert first != again
    assert unmasked(first) == unmasked(again) == token.hex()
    assert token.hex() not in first


@given(st.text(max_size=80))
def test_other_texts_are_no_token(text: str) -> None:
    assert all(letter in "0123456789abcdef" for letter in unmasked(text))


def test_no_token_stays_none() -> None:
    assert masked("") == unmasked("") == unmasked("abc") == unmasked("abcdef") == unmasked("zz") == ""
