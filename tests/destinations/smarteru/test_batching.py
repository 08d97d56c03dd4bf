"""A batch holds one key where that is cheap; no row is lost, no batch too large."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destinations.smarteru.batching import batches

KEYS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 25)), max_size=40).map(
    lambda counts: [key for key, count in sorted(dict(counts).items()) for _ in range(count)]
)


def keys_of(**counts: int) -> list[str]:
    return [key for key, count in counts.items() for _ in range(count)]


def shares(keys: list[str], size: int) -> list[dict[str, int]]:
    return [dict(Counter(keys[position] for position in batch)) for batch in batches(keys, size)]


def test_a_large_key_fills_batches_of_its_own() -> None:
    assert shares(keys_of(a=20, b=10), 10) == [{"a": 10}, {"a": 10}, {"b": 10}]


def test_a_rest_of_half_a_batch_stands_alone() -> None:
    assert shares(keys_of(a=15, b=5), 10) == [{"a": 10}, {"a": 5}, {"b": 5}]


def test_smaller_rests_share_a_batch_until_the_next_would_not_fit() -> None:
    assert shares(keys_of(a=4, b=4, c=4, d=12, e=1), 10) == [{"a": 4, "b": 4}, {"d": 10}, {"c": 4, "d": 2, "e": 1}]


def test_the_same_key_apart_is_one_key_only_side_by_side() -> None:
    assert list(batches(["a", "b", "a"], 10)) == [[0, 1, 2]]


def test_keys_are_compared_as_tuples() -> None:
    keys = [("a", "b,c")] * 5 + [("a,b", "c")] * 5
    assert list(batches(keys, 10)) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_no_rows_no_batch() -> None:
    assert list(batches([], 100)) == []


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_takes_at_least_one_row(size: int) -> None:
    with pytest.raises(ValueError, match="holds nothing"):
        list(batches(["a"], size))


def test_an_endless_stream_is_cut_as_it_comes() -> None:
    """Nothing is read ahead but what fills a batch."""

    def endless() -> Iterator[int]:
        number = 0
        while True:
            yield number // 3
            number += 1

    assert [len(batch) for batch in islice(batches(endless(), 10), 1000)] == [9] * 1000


@given(KEYS, st.integers(1, 12))
def test_every_row_once_none_too_many_in_order_and_hardly_more_batches(keys: list[int], size: int) -> None:
    made = list(batches(keys, size))
    assert sorted(position for batch in made for position in batch) == list(range(len(keys)))
    assert all(1 <= len(batch) <= size for batch in made)
    for key in set(keys):
        told = [position for batch in made for position in batch if keys[position] == key]
        assert told == sorted(told)
    assert sum(2 * len(batch) < size for batch in made) <= 1
    for batch in made:
        if 2 * len(batch) >= size and len({keys[position] for position in batch}) > 1:
            counts = Counter(keys[position] for position in batch)
            assert all(2 * count < size for count in counts.values())
