"""Which rows go into which batch.

The codes ESH:23 to ESH:28 name no block. In a batch of one group, course and session they concern all of it or are
found by halving it, so a batch holds one such key wherever that costs no more than twice the batches.
"""

from collections.abc import Hashable, Iterable, Iterator
from itertools import groupby


def batches(keys: Iterable[Hashable], size: int) -> Iterator[list[int]]:
    """The positions (from 0) of each batch, at most `size` in one.

    keys: each row's (group, course, session), equal ones side by side. A key's rows fill batches of their own as long
    as they make up half of one; smaller rests of neighbouring keys share a batch. Rows of one key keep their order.
    Only rows of two unfinished batches are held.
    """
    if size < 1:
        raise ValueError(f"a batch of {size} rows holds nothing")
    shared: list[int] = []
    for _, rows in groupby(enumerate(keys), key=lambda row: row[1]):
        rest: list[int] = []
        for position, _ in rows:
            rest.append(position)
            if len(rest) == size:
                yield rest
                rest = []
        if 2 * len(rest) >= size:
            yield rest
        elif len(shared) + len(rest) > size:
            yield shared
            shared = rest
        else:
            shared += rest
    if shared:
        yield shared
