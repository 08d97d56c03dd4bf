"""What `rollbook reference load` and `sync` tell."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console

from reports.terminal.terminal_tables import lines
from reports.text import column_name, count_noun, listed

if TYPE_CHECKING:
    from ledger.reference.forget import Forgotten
    from ledger.reference.upserts import Loaded

_SHOWN_PROBLEMS = 20


def loaded_object(kind: str, path: str, loaded: "Loaded", problems: pd.DataFrame) -> dict[str, Any]:
    """`reference load --json`: kind, path, added, changed, unchanged, adopted, exit, problems: [{row, message}].

    problems: `row` (as the spreadsheet program shows it) and `message` of the rows that were left out.
    """
    return {
        "kind": kind,
        "path": path,
        "added": loaded.added,
        "changed": loaded.changed,
        "unchanged": loaded.unchanged,
        "adopted": loaded.adopted,
        "exit": int(len(problems) > 0),
        "problems": [{"row": int(row), "message": message} for row, message in _pairs(problems)],
    }


def print_loaded(kind: str, path: str, loaded: "Loaded", problems: pd.DataFrame, console: Console) -> None:
    """The same for people; the first rows that were left out, each with its reason."""
    counts = f"{loaded.added:,} added, {loaded.changed:,} changed, {loaded.unchanged:,} unchanged"
    lines(console, [f"{path}: {kind}: {counts}."], indent=0)
    if loaded.adopted:
        made = count_noun(loaded.adopted, kind.removesuffix("s"))
        counts = "now counts as loaded, with its" if loaded.adopted == 1 else "now count as loaded, with their"
        lines(console, [f"{made} that imports had created {counts} enrollments."], indent=0)
    if len(problems):
        lines(
            console, [f"{count_noun(len(problems), 'row')} left out; correct them and load the file again:"], indent=0
        )
        lines(console, [f"row {row}: {message}" for row, message in _pairs(problems.head(_SHOWN_PROBLEMS))])
        if len(problems) > _SHOWN_PROBLEMS:
            lines(console, [f"… and {len(problems) - _SHOWN_PROBLEMS:,} more (all of them: --json)"])


def print_left_out(unused: Sequence[str], sheets: Sequence[str], console: Console) -> None:
    """The columns that hold something and are not of the kind, and the sheets behind the one that was read."""
    if unused:
        lines(console, [f"not used: {listed(list(map(column_name, unused)))}"], indent=0)
    if sheets:
        lines(console, [f"not read: {listed([f'sheet “{name}”' for name in sheets])}"], indent=0)


def forgotten_object(kind: str, forgotten: "Forgotten") -> dict[str, Any]:
    """`reference forget --json`: {"kind", "removed": {kind: lines}, "kept", "exit"}."""
    return {"kind": kind, "removed": dict(forgotten.removed), "kept": forgotten.kept, "exit": 0}


def print_forgotten(kind: str, forgotten: "Forgotten", console: Console) -> None:
    """The same for people."""
    gone = [count_noun(number, name.removesuffix("s")) for name, number in forgotten.removed.items()]
    removed = listed(gone) or "nothing"
    lines(console, [f"The rules no longer check the loaded {kind}. Removed: {removed}."], indent=0)
    if forgotten.kept:
        kept = count_noun(forgotten.kept, kind.removesuffix("s"))
        lines(console, [f"Kept, because enrollments or other loaded data use them: {kept}."], indent=0)
        lines(console, ["What was kept now counts as created by imports."], indent=0)


def synced_object(system: str, kinds: Mapping[str, "Loaded"], held: int) -> dict[str, Any]:
    """`reference sync --json`: {"system", "kinds": {kind: counts and problems as of a load}, "enrollments", "exit"}."""
    told_kinds = {}
    for kind, loaded in kinds.items():
        one = loaded_object(kind, "", loaded, loaded.problems)
        told_kinds[kind] = {name: one[name] for name in ("added", "changed", "unchanged", "adopted", "problems")}
    exit_code = int(any(len(loaded.problems) for loaded in kinds.values()))
    return {"system": system, "kinds": told_kinds, "enrollments": held, "exit": exit_code}


def print_synced(system: str, kinds: Mapping[str, "Loaded"], held: int, console: Console) -> None:
    """The same for people; of what was left out the first messages."""
    for kind, loaded in kinds.items():
        counts = f"{loaded.added:,} added, {loaded.changed:,} changed, {loaded.unchanged:,} unchanged"
        lines(console, [f"{kind}: {counts}."], indent=0)
        if len(loaded.problems):
            lines(console, [f"{count_noun(len(loaded.problems), 'line')} left out:"])
            messages = list(dict.fromkeys(loaded.problems["message"]))
            more = len(messages) - _SHOWN_PROBLEMS
            lines(console, messages[:_SHOWN_PROBLEMS], indent=4)
            lines(console, [f"… and {more:,} more (all of them: --json)"] if more > 0 else [], indent=4)
    lines(console, [f"{system} holds {count_noun(held, 'enrollment')} already."], indent=0)


def _pairs(problems: pd.DataFrame) -> list[tuple[int, str]]:
    return list(problems[["row", "message"]].itertuples(index=False, name=None))
