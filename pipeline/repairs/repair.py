"""Cases that were corrected in the dashboard: imported as a run of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from ledger import runs
from ledger.cases import cases
from ledger.lock import hold
from ledger.remote.waiting import waiting_cases
from ledger.tables import OPEN
from pipeline.execution import ExecutionOptions
from pipeline.lifecycle import beginning, new_work, perform
from pipeline.options import console_of
from pipeline.repairs.profile_edits import creating
from pipeline.repairs.requests import (
    AS_BEFORE,
    NOT_SEEN,
    Cells,
    Repaired,
    Seen,
    Terms,
    seen_as,
)
from pipeline.returned.stored_cases import Changes, Recorded, first_files, recorded
from rollbook.errors import CannotBegin
from rollbook.options import Invocation
from rollbook.profile import Limits, choose_profile, saved_profiles
from rollbook.request import REPAIR, Request

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ledger.runs import Run, RunFile
    from pipeline.run_context import RunContext
    from rollbook.settings import Settings

# A person looks at what becomes of each of these rows: no share of bad ones is too large.
_UNLIMITED = Limits(max_rejected_percent=100, max_rejected=10**9, max_failed_files=10**9)
# How long a repair waits for another one to end.
REPAIR_WAIT_SECONDS = 300.0
_Word = TypeVar("_Word")
NOT_CHANGED: Mapping[str, str | None] = MappingProxyType({})
_AS_IT_IS: Mapping[str | None, str | None] = MappingProxyType({None: None})


@contextmanager
def one_at_a_time(engine: Engine) -> Iterator[None]:
    """Nobody else repairs cases of this database meanwhile, in whichever process: each begins with what is left."""
    with hold(engine, "repair", wait=REPAIR_WAIT_SECONDS):
        yield


def repaired(
    engine: Engine,
    settings: Settings,
    cells: Mapping[int, Cells],
    by: str,
    seen: Mapping[int, Seen] = NOT_SEEN,
    terms: Terms = AS_BEFORE,
) -> Repaired:
    """Import open cases with these cells in the place of their own, as one run. To be called `one_at_a_time`.

    cells: by case; of one without any, all stay as they are: new reference data or a profile may have made it right.
    seen: how the cells were when a person began to edit them; what is not in it is not compared. terms: what this
    repair decides otherwise than the run that met the rows.

    Raises CannotBegin where somebody changed one of these cells meanwhile, a case is not open, or their rows were meant
    for several destinations.
    """
    with engine.connect() as connection:
        with connection.begin():
            stored = open_cases(connection, list(cells), with_their_rows=True)
            request = request_of(connection, settings, stored, by, terms)
        work = new_work(connection, request)
        run_files(work, stored, request, terms)  # what was purged is told before all else
        refuse_overwriting(work, stored, cells, seen)
        work.repairs = changes = {**dict.fromkeys(cells, NOT_CHANGED), **changed(work, stored, cells)}
        corrected = stored[stored["case_id"].isin(list(changes))].reset_index(drop=True)
        begin = _beginning(run_files(work, corrected, request, terms), corrected, changes)
        return _result_of(perform(work, ExecutionOptions(console_of(Invocation(quiet=True))), begin))


def refuse_overwriting(
    work: RunContext, stored: pd.DataFrame, cells: Mapping[int, Cells], seen: Mapping[int, Seen]
) -> None:
    """Raise CannotBegin where a cell is neither as it was seen nor as it is to be."""
    for group in recorded(work, stored[stored["case_id"].isin(list(seen))]):
        for case in group.stored.to_dict("records"):
            there, was = json.loads(case["cells"]), seen[case["case_id"]]
            for letter, text in cells[case["case_id"]].items():
                now = there.get(letter) or ""
                if letter in was and seen_as(now) not in (was[letter], seen_as(text)):
                    told = group.plan.header_of.get(letter) or f"column {letter}"
                    raise CannotBegin(
                        f"Someone changed “{told}” of case {case['case_id']} to “{now}” after you opened it. Nothing "
                        "was imported. Open the case again, and enter your changes again if they are still needed."
                    )


def _result_of(run: Run) -> Repaired:
    return Repaired(run.run_id, run.state, run.destination, run.counts, run.cases["closed"])


def open_cases(connection: Connection, case_ids: Sequence[int], *, with_their_rows: bool = False) -> pd.DataFrame:
    """rollbook_cases' columns of cases that can be repaired.

    with_their_rows: and the other cases of the same rows of a wide sheet that can.

    Raises CannotBegin where one is unknown, not open, purged or on its way to its destination.
    """
    waiting = waiting_cases(connection)
    cases.refuse_waiting(waiting, case_ids)
    others = cases.of_same_rows(connection, case_ids) if with_their_rows else []
    others = [case_id for case_id in others if case_id not in waiting]
    stored = cases.cases_by_id(connection, [*case_ids, *others])
    missing = sorted(set(case_ids) - set(stored["case_id"].tolist()))
    if missing:
        raise CannotBegin(f"There is no case {missing[0]}.")
    closed = stored[stored["state"] != OPEN]
    if len(closed):
        first = closed.iloc[0]
        raise CannotBegin(
            f"Case {first['case_id']} is {first['state']}. Nothing was changed: only open cases can be corrected."
        )
    purged = stored.loc[stored["cells"].map(is_purged), "case_id"]
    if len(purged):
        raise CannotBegin(
            f"The cells of case {purged.iloc[0]} were removed for privacy. Import its file again instead."
        )
    return stored


def is_purged(cells: str) -> bool:
    """Whether the JSON text of a case's cells holds none any more."""
    return not json.loads(cells or "{}")


def changed(work: RunContext, stored: pd.DataFrame, cells: Mapping[int, Cells]) -> dict[int, dict[str, str | None]]:
    """case_id -> {letter: text, None for a blank cell}, of the cells that are not as they are stored.

    Only cells that stand in the case's sheet and are its own: not those of other sessions in a wide sheet's row. What a
    row's cases share there is changed in all of them that `stored` holds.
    """
    found: dict[int, dict[str, str | None]] = {}
    for group in recorded(work, stored):
        records = group.stored.to_dict("records")
        shared: dict[int, dict[str, str]] = {}
        for case in records:
            shared.setdefault(case["row"], {}).update(_shared(group, case, cells.get(case["case_id"], {})))
        for case in records:
            asked = {**shared[case["row"]], **cells.get(case["case_id"], {})}
            fresh = _fresh(case, asked, own_letters(group, case["col"]))
            if fresh:
                found[case["case_id"]] = {letter: text or None for letter, text in fresh.items()}
    return found


def _shared(group: Recorded, case: Mapping[Any, Any], asked: Cells) -> dict[str, str]:
    """What is asked for the cells that all cases of a wide sheet's row have."""
    return _fresh(case, asked, own_letters(group, 0)) if case["col"] else {}


def _fresh(case: Mapping[Any, Any], asked: Cells, letters: set[str]) -> dict[str, str]:
    was = json.loads(case["cells"])
    now = {letter: text.replace("\0", "\ufffd") for letter, text in asked.items() if letter in letters}
    return {letter: text for letter, text in now.items() if text != (was.get(letter) or "")}


def own_letters(group: Recorded, column: int) -> set[str]:
    """The letters of a case's own cells."""
    others = {session.letter for session in group.plan.sessions if session.number != column}
    return set(group.plan.header_of) - others - set(group.plan.never)


def request_of(
    connection: Connection, settings: Settings, stored: pd.DataFrame, by: str | None, terms: Terms
) -> Request:
    """A repair goes where the run went that met the rows last, and follows its word about copies."""
    last = runs.find_each(connection, stored["last_run_id"].unique().tolist())
    former = [Request.from_json(run.request) for run in last]
    destinations = {run.destination for run in last}
    if len(destinations) > 1:
        told = ", ".join(sorted(destinations))
        raise CannotBegin(f"These rows go to different destinations ({told}). Correct those of one at a time.")
    return Request(
        command=REPAIR,
        destination=destinations.pop(),
        out=str(settings.out.absolute()),
        profiles=tuple(saved_profiles(settings.profile)),
        on_conflict=terms.on_conflict or _agreed({request.on_conflict for request in former}),
        on_existing=terms.on_existing or _agreed({request.on_existing for request in former}),
        limits=_UNLIMITED,
        by=by,
        settings=settings,
    )


def _agreed(said: set[_Word | None]) -> _Word | None:
    """What all say; None, so that the profile decides, where they differ."""
    return said.pop() if len(said) == 1 else None


def run_files(work: RunContext, stored: pd.DataFrame, request: Request, terms: Terms) -> list[RunFile]:
    """The files that the cases were read from first, as the files of their repair, under today's profiles."""
    files = []
    for number, (run_id, file_no) in enumerate(first_files(stored), 1):
        first = next((file for file in work.files_of(run_id) if file.file_no == file_no), None)
        if first is None:
            raise CannotBegin(f"Run {run_id} was purged with its rows' plan. Import their file again instead.")
        profile = choose_profile(Path(first.path), list(request.profiles)) if request.profiles else first.profile
        if terms.creates is not None:
            profile = creating(profile or "", terms.creates)
        anew = replace(first, state="found", code=None, message=None, plan=None, profile=profile)
        files.append(replace(anew, run_id="", file_no=number))
    return files


def _beginning(files: Sequence[RunFile], stored: pd.DataFrame, changes: Changes) -> Callable[[RunContext], None]:
    """Write the run, its files and what was changed down, in one transaction: so `resume` can finish it."""

    def begin(work: RunContext) -> None:
        with work.transaction() as connection:
            beginning(files)(work)
            cases.record_changes(
                connection,
                _lines(stored, changes),
                run_id=work.run_id,
                changed_at=work.started_at,
                changed_by=work.request.by,
                through="dashboard",
            )

    return begin


def _lines(stored: pd.DataFrame, changes: Changes) -> pd.DataFrame:
    """case_id, source_column, from_value, to_value of every changed cell; of a case without any, one without a cell."""
    was = {case: json.loads(cells) for case, cells in zip(stored["case_id"], stored["cells"], strict=True)}
    lines = [
        (case_id, letter, was[case_id].get(letter) if letter else None, text)
        for case_id, cells in changes.items()
        for letter, text in (cells or _AS_IT_IS).items()
    ]
    frame = pd.DataFrame(lines, columns=["case_id", "source_column", "from_value", "to_value"])
    return frame.astype({"case_id": "int64", "source_column": "str", "from_value": "str", "to_value": "str"})
