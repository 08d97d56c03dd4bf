"""“Did you mean …?” beside the failures that are shown: in the failed-rows workbooks, listed and exported."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from rollbook.profile import parse_profile
from rollbook.rows.remedies import with_question
from validators.suggestions import Suggester, is_asked

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection

    from validators.context import References


def suggester_of(references: References, profiles: Iterable[str | None]) -> Suggester:
    """Suggests from the reference data and from the words for statuses of these profiles (their TOML texts)."""
    words: dict[str, str] = {}
    for text in dict.fromkeys(profiles):
        words |= parse_profile(text or "").values.get("status", {})
    return Suggester(references, words, clock=time.monotonic)


def question(suggestion: str) -> str:
    """A suggestion as people read it."""
    return f"Did you mean “{suggestion}”?"


def with_suggestions(problems: Iterable[pa.Table], suggester: Suggester) -> Iterator[pa.Table]:
    """The problems, table by table, with the question behind the remedy; `field` and `value` are left out."""
    for table in problems:
        if not is_asked(table["code"].unique().to_pylist()):
            yield table.drop_columns(["field", "value"])
            continue
        asked = table.select(["code", "field", "value"]).to_pandas()
        remedies = [
            remedy if one is None else with_question(remedy, question(one))
            for remedy, one in zip(table["remedy"].to_pylist(), suggester.suggest(asked), strict=True)
        ]
        at = table.schema.get_field_index("remedy")
        yield table.set_column(at, "remedy", pa.array(remedies, pa.string())).drop_columns(["field", "value"])


def suggestions(connection: Connection, run_id: str, lines: pd.DataFrame) -> pd.Series:
    """What was meant in each line of v_failed_rows of a run; missing where nothing is near enough."""
    import pandas as pd

    from ledger.cases.failures import fields_blamed
    from ledger.reference.load import load_references
    from ledger.runs import list_files

    found: list[str | None] = [None] * len(lines)
    if is_asked(set(lines["code"])):
        fields = fields_blamed(connection, run_id)
        keys = zip(lines["code"], lines["header"].where(lines["header"].notna(), None), strict=True)
        asked = lines[["code", "value"]].assign(field=pd.Series([fields.get(key) for key in keys], dtype=object))
        suggester = suggester_of(load_references(connection), [file.profile for file in list_files(connection, run_id)])
        found = suggester.suggest(asked)
    return pd.Series(found, index=lines.index, dtype="str")
