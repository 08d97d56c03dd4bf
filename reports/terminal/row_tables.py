"""What `rollbook rows` and `rollbook changes` print: the first lines, by sheet, and how to get all of them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.text import Text

from reports.terminal.terminal_tables import lines, table, visible

# So many fit on a page or two.
SHOWN_LINES = 50
NO_CHANGES = "it changed no enrollment that was there before, or what it changed was restored."


def print_lines(batches: Iterable[pa.Table], console: Console, columns: Mapping[str, str]) -> bool:
    """Print the first lines, with a table a sheet; whether there are more. columns: header -> what `_cell` tells."""
    found = plain_lines(batches)
    shown = list(islice(found, SHOWN_LINES))
    for sheet, some in groupby(shown, lambda line: (line["source_file"], line["source_sheet"])):
        named = ", sheet ".join(visible(part) for part in sheet if part)
        console.print(Text(f"\n{named or 'Without a row of a file'}", style="bold"), soft_wrap=True)
        table(console, list(columns), [[_cell(line, name) for name in columns.values()] for line in some])
    return next(found, None) is not None


ROW_COLUMNS = {"row": "place", "outcome": "outcome", "learner": "learner", "session": "session", "why": "why"}
CHANGE_COLUMNS = {"row": "place", "learner": "learner", "session": "session", "field": "field", "change": "change"}


def _cell(line: Mapping[str, Any], name: str) -> str:
    if name == "place":
        return f"{line.get('source_column') or ''}{line['source_row'] or ''}"
    if name == "why":
        return _why(line)
    if name == "change":
        return f"{_quoted(line['was'])} → {_quoted(line['is'])}"
    return line[name] or ""


def _why(line: Mapping[str, Any]) -> str:
    """The codes or the reason; of a copy the row that it is a copy of, named from where this one stands."""
    if line["duplicate_of"]:
        here = f"{line['source_file']}, sheet {line['source_sheet']}, "
        return f"copy of {line['duplicate_of'].removeprefix(here)}"
    case = f" (case {line['case_id']})" if line["case_id"] is not None else ""
    return f"{line['reason'] or ''}{case}"


def _quoted(text: str | None) -> str:
    return "blank" if text is None else " ".join(text.split())


def print_rest(console: Console, text: str) -> None:
    """Where the lines are that were not printed."""
    console.print()
    lines(console, [text], indent=0)


def plain_lines(batches: Iterable[pa.Table]) -> Iterator[dict[str, Any]]:
    """The lines as JSON can hold them."""
    return (line for batch in batches for line in batch.to_pylist())
