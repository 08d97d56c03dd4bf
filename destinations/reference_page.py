"""One page of what a system knows, as each of them is read page by page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, eq=False)
class Page:
    """One page of a list.

    frame: its lines, with `row` (int64, from 1, going on from page to page) before the columns of its kind.
    number: from 1. of: how many pages the system says there are; None: it does not say, or the list is read once more.
    ids: the system's own IDs by (kind, code), where its lines tell them. gone: those of earlier pages that turn out to
        belong to several.
    """

    frame: pd.DataFrame
    number: int
    of: int | None = None
    ids: Mapping[tuple[str, str], str] = field(default_factory=dict)
    gone: frozenset[tuple[str, str]] = frozenset()
