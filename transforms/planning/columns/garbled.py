"""Texts that a program misread or lost letters of, before they came: they are told, never taken for names or IDs."""

from itertools import chain

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.text.escaped import MAY_BE_ESCAPED, SIGNS, escaped_in
from rollbook.text.misread import MAY_BE_MISREAD, misread_in
from transforms.planning.columns.marked import Marked
from transforms.values.cleaner import BLANK, CellVerdict, judge_odd, texts
from transforms.values.normalize import bytes_of, characters_of

GARBLED = "cell.garbled"
_ASCII = 0x7F


def garbled_in(cells: pd.Series) -> Marked | None:
    """Which of the texts are garbled, and how; None where none is."""
    array = texts(cells)
    odd = _may_be_garbled(array)
    if odd is None or not pc.any(odd).as_py():
        return None
    found = judge_odd(array, odd, _judge, cells.index)
    return Marked(found.code, found.detail) if found.code.notna().any() else None


def _may_be_garbled(array: pa.Array) -> pa.Array | None:
    """A mask of the texts in which something may be garbled; None where no text holds a sign of it."""
    shapes = [MAY_BE_MISREAD] if characters_of(array).max(initial=0) > _ASCII else []
    content = bytes_of(array)
    shapes += [MAY_BE_ESCAPED] if any(sign[:1] in content and sign in content for sign in SIGNS) else []
    return pc.fill_null(pc.match_substring_regex(array, "|".join(shapes)), False) if shapes else None


def _judge(text: str) -> CellVerdict:
    found = next(chain(misread_in(text), escaped_in(text)), None)
    if found is None:
        return BLANK
    told = f"“{found.found}” was “{found.meant}”" if found.meant else f"“{found.found}” stands for a lost letter"
    return CellVerdict(code=GARBLED, detail=told)
