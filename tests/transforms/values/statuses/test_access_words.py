"""What sheets say of the access to a module: unlocked, locked or clear; what may mean two of them is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.verdicts import cells, said
from transforms.values.statuses.access_words import WORDS, clean_access


@pytest.mark.parametrize("access", sorted(WORDS))
def test_every_word_of_the_table_is_read(access: str) -> None:
    """In any case and with spaces around."""
    for word in WORDS[access]:
        assert clean_access(cells([f" {word.upper()} "])).values.tolist() == [access]


@pytest.mark.parametrize("text", ["-", "?", "N/A", "n/a"])
def test_a_mark_for_no_value_leaves_the_access_alone(text: str) -> None:
    cleaned = clean_access(cells([text]))
    assert (cleaned.values.isna().tolist(), cleaned.code.isna().tolist()) == ([True], [True])


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("No", "it may mean locked, or that nothing is to be overridden (clear)"),
        ("off", "it may mean locked, or that nothing is to be overridden (clear)"),
        ("none", "it may mean that the override is to go (clear), or nothing"),
        ("half open", None),
    ],
)
def test_what_may_mean_two_things_is_refused_with_both(text: str, detail: str | None) -> None:
    """Nobody is locked out, or let in, by a guess."""
    cleaned = clean_access(cells([text]))
    assert cleaned.code.tolist() == ["access.unknown"]
    assert (cleaned.detail.iat[0] if cleaned.detail.notna().iat[0] else None) == detail


@given(st.lists(st.one_of(st.none(), st.text(), st.sampled_from([w for words in WORDS.values() for w in words]))))
def test_any_text_is_an_access_a_blank_or_told(texts: list[str | None]) -> None:
    """Each cell by itself."""
    assert said(clean_access(cells(texts))) == [said(clean_access(cells([text])))[0] for text in texts]
