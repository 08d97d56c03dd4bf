"""The columns that feed no field: their cells are kept beside the record, as JSON text by header."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.planning.sheet_plan import SheetPlan
from transforms.values.cleaner import texts
from transforms.values.normalize import bytes_of
from transforms.values.text import trim_all

# What JSON writes otherwise; a NUL, which databases do not take, is shown as in failures.
_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\x00": "\N{SYMBOL FOR NULL}",
    **{chr(code): json.dumps(chr(code))[1:-1] for code in range(1, 32)},
}
_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"


def other_columns(part: pd.DataFrame, plan: SheetPlan, rows: pd.Series) -> pa.Array | None:
    """The JSON text {header: text} of each of the rows (large_string), null where all cells are blank.

    part: raw rows, `row` and a text column a letter. rows: the number of each record's row, all of them in the part.
    None where the sheet has no such column. Texts are without leading and trailing spaces; blank ones are left out.
    """
    names = other_names(plan)
    letters = [letter for letter in names if letter in part.columns]
    if not letters:
        return None
    at = _positions(part["row"].to_numpy(), rows.to_numpy())
    pieces = [_members(names[letter], part[letter], at, plan.from_workbook) for letter in letters]
    joined = _concatenated(*pieces)
    whole = _concatenated("{", pc.utf8_slice_codeunits(joined, 2), "}")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.large_string()), whole)


def _concatenated(*pieces: pa.Array | str) -> pa.Array:
    """Texts side by side, null where one of them is."""
    plain = [pa.scalar(piece, pa.large_string()) if isinstance(piece, str) else piece for piece in pieces]
    return pc.binary_join_element_wise(*plain, pa.scalar("", pa.large_string()))


def other_names(plan: SheetPlan) -> Mapping[str, str]:
    """Letter -> the name by which the column's cells are kept: its header, `@F` without one, each only once."""
    names: dict[str, str] = {}
    for letter in plan.others:
        header = " ".join(plan.header_of[letter].split()) or f"@{letter}"
        names[letter] = header if header not in names.values() else f"{header} (column {letter})"
    return names


def _positions(numbers: np.ndarray, wanted: np.ndarray) -> pa.Array | None:
    """Where the wanted rows are in the part; None where they are its rows, one by one."""
    if len(numbers) == len(wanted) and (numbers == wanted).all():
        return None
    return pa.array(pd.Index(numbers).get_indexer(pd.Index(wanted)), pa.int64())


def _members(name: str, cells: pd.Series, at: pa.Array | None, typed: bool) -> pa.Array:
    """`, "name": "text"` for each cell, '' where it is blank; each distinct text is written once."""
    encoded = pc.dictionary_encode(texts(cells))
    told = _escaped(trim_all(encoded.dictionary), typed)
    before = f', {json.dumps(name, ensure_ascii=False)}: "'
    told = pc.fill_null(_concatenated(before, told, '"'), "")
    places = encoded.indices if at is None else encoded.indices.take(at)
    return pc.fill_null(told.take(places), "")


def _escaped(array: pa.Array, typed: bool) -> pa.Array:
    """The texts as JSON writes them between quotation marks; typed dates as their day."""
    content = bytes_of(array)
    if typed and b" 00:00:00" in content:
        array = pc.replace_substring_regex(array, _MIDNIGHT, r"\1")
    for character in _odd(content):
        array = pc.replace_substring(array, character, _ESCAPES[character])
    return array


def _odd(content: bytes) -> Sequence[str]:
    return [character for character in _ESCAPES if character.encode() in content]
