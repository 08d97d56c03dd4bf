"""Texts that a program misread or lost letters of, before they came: they are told, never taken for names or IDs."""

import pandas as pd
import pyarrow.compute as pc

from rollbook.text.misread import MAY_BE_MISREAD, misread_in
from transforms.planning.columns.marked import Marked
from transforms.values.cleaner import BLANK, CellVerdict, judge_odd, texts
from transforms.values.normalize import characters_of

GARBLED = "cell.garbled"
_ASCII = 0x7F


def garbled_in(cells: pd.Series) -> Marked | None:
    """Which of the texts are garbled, and how; None where none is."""
    array = texts(cells)
    if characters_of(array).max(initial=0) <= _ASCII:
        return None
    odd = pc.fill_null(pc.match_substring_regex(array, MAY_BE_MISREAD), False)
    if not pc.any(odd).as_py():
        return None
    found = judge_odd(array, odd, _judge, cells.index)
    return Marked(found.code, found.detail) if found.code.notna().any() else None


def _judge(text: str) -> CellVerdict:
    found = next(misread_in(text), None)
    if found is None:
        return BLANK
    told = f"“{found.found}” was “{found.meant}”" if found.meant else f"“{found.found}” stands for a lost letter"
    return CellVerdict(code=GARBLED, detail=told)
