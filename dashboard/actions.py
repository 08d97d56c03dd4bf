"""What the pages do on somebody's behalf, beside showing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

from ledger import activity, runs
from ledger.activity import Activity
from ledger.alive import state_now
from ledger.cases import case_groups, cases
from ledger.database import reading
from ledger.remote.waiting import waiting_cases
from ledger.runs import RAISED_LIMITS, RUNNING, Run, reference_generation
from pipeline.own_process import last_words, start, wait_until
from pipeline.repairs.requests import (
    NOT_SEEN,
    Cells,
    GroupFix,
    Kind,
    RehearsedRow,
    RehearsedRows,
    Repaired,
    Replaced,
    Replacing,
    Seen,
    Where,
)
from pipeline.uploads.importing import Importing
from rollbook.clock import now
from rollbook.profile import saved_profiles

if TYPE_CHECKING:
    import subprocess

    import pandas as pd
    from sqlalchemy import Engine

    from destinations.protocol import Undone
    from ledger.browse.cases import Filter
    from ledger.runs import Run
    from rollbook.rows.problems import Problem
    from rollbook.settings import Settings
    from validators.context import References


class Actions:
    """What is done on somebody's behalf, one change at a time. All raise RollbookError with what to do, in one line.

    What judges and imports is brought in only when it is needed: who only looks needs little memory.
    """

    def __init__(self, settings: Settings, engine: Engine, settings_file: Path | None = None) -> None:
        """settings_file: the file of the settings, for commands in processes of their own."""
        self._settings = settings
        self._engine = engine
        self._settings_file = settings_file
        # Who only checks or downloads does not wait until a long import has ended.
        self._one, self._checking, self._downloading, self._suggesting = Lock(), Lock(), Lock(), Lock()
        self._references: tuple[dict[str, int], References] | None = None
        self.importing = Importing(settings, engine)

    def suggest(self, problems: Sequence[Problem]) -> list[str | None]:
        """What was perhaps meant in each of a case's problems; None where nothing known is near enough."""
        from pipeline.output.suggestions import suggester_of
        from validators.suggestions import is_asked

        if not is_asked({problem.code for problem in problems}):
            return [None] * len(problems)
        with self._suggesting:
            profiles = [text for _, text in saved_profiles(self._settings.profile)]
            # Anew for each page: one suggester answers for a bounded time only.
            return suggester_of(self._known_references(), profiles).suggest(as_frame(problems))

    def _known_references(self) -> References:
        """The reference data, read again when some of it was loaded."""
        from ledger.reference.load import load_references

        with reading(self._engine) as connection, connection.begin():
            generation = reference_generation(connection)
            if self._references is None or self._references[0] != generation:
                self._references = (generation, load_references(connection))
        return self._references[1]

    def judge(self, case_id: int, cells: Cells, seen: Mapping[int, Seen] = NOT_SEEN) -> RehearsedRow:
        """What the rules say of an open case with these cells in the place of its own; nothing is written.

        seen: see `repair`.
        """
        from pipeline.repairs.rehearsals import judged

        with self._checking:
            return judged(self._engine, self._settings, case_id, cells, seen)

    def judge_each(self, cells: Mapping[int, Cells], seen: Mapping[int, Seen] = NOT_SEEN) -> dict[int, RehearsedRow]:
        """What the rules say of open cases with these cells, if all are imported together; nothing is written."""
        from pipeline.repairs.rehearsals import judged_each

        with self._checking:
            return judged_each(self._engine, self._settings, cells, seen)

    def repair(self, cells: Mapping[int, Cells], by: str, seen: Mapping[int, Seen] = NOT_SEEN) -> Repaired:
        """Import open cases with these cells in the place of their own, as one run; what changed is recorded.

        seen: by case, how its cells were when they were shown: one that somebody changed since is not overwritten.
        """
        from pipeline.repairs.repair import one_at_a_time, repaired

        with self._one, one_at_a_time(self._engine):
            return repaired(self._engine, self._settings, cells, by, seen)

    def ignore(self, case_ids: Sequence[int], reason: str, by: str) -> int:
        """Set cases aside that need no repair; how many."""
        with self._engine.begin() as connection:
            return cases.ignore(connection, case_ids, reason, by=by, at=now())

    def reopen(self, case_ids: Sequence[int], reason: str | None, by: str) -> int:
        """Open cases that were set aside again; how many."""
        with self._engine.begin() as connection:
            return cases.reopen(connection, case_ids, reason, by=by, at=now())

    def replacing(self, where: Where) -> Replacing:
        """What `replace` would change."""
        from pipeline.repairs.replace import cells_of

        with self._checking:
            found = cells_of(self._engine, where)
        return Replacing(len(found.cells), found.feeds)

    def replace(self, where: Where, new: str, by: str, *, remember: bool) -> Replaced:
        """Repair all these cases by one value; remember: their profile reads it so from now on."""
        from pipeline.repairs.repair import one_at_a_time
        from pipeline.repairs.replace import replaced

        with self._one, one_at_a_time(self._engine):
            done = replaced(self._engine, self._settings, where, new, by, remember_it=remember)
        return self._noted(done, by)

    def rehearse(self, fix: GroupFix) -> RehearsedRows:
        """What a fix would make of a group's open rows; nothing is written."""
        from pipeline.repairs.group_fixes import rehearse

        with self._checking:
            return rehearse(self._engine, self._settings, fix)

    def fix(self, fix: GroupFix, by: str, *, remember: bool) -> Replaced:
        """Fix all open rows of a group, as one run; remember: their profile reads the values so from now on."""
        from pipeline.repairs.group_fixes import apply
        from pipeline.repairs.repair import one_at_a_time

        with self._one, one_at_a_time(self._engine):
            done = apply(self._engine, self._settings, fix, by, remember_it=remember)
        return self._noted(done, by)

    def _noted(self, done: Replaced, by: str) -> Replaced:
        """A profile that was changed is on record."""
        if done.remembered is not None:
            run_id = done.repaired.run_id
            self.note(Activity(activity.PROFILE, now(), by, run_id, detail=done.remembered.name))
        return done

    def undo(self, run_id: str, by: str) -> int:
        """Take a run's rows back; how many enrollments had to stay."""
        return len(self.take_back(run_id, by)[1].left)

    def take_back(self, run_id: str, by: str) -> tuple[Run, Undone]:
        """The same; the run, and what was done and left."""
        from pipeline.commands.undo import taken_back

        with self._one:
            return taken_back(self._engine, self._settings, run_id, by=by)

    def resume(self, run: Run, by: str) -> None:
        """Finish a run that was stopped or killed, in a process of its own; limits that stopped it let it pass now."""
        words = ["resume", run.run_id, f"--by={by}", "--quiet"]
        process = self._start(activity.RESUME, run, [*words, *shlex.split(run.summary.get(RAISED_LIMITS) or "")], by)
        wait_until(process, lambda: self._is_at_work(run.run_id) or None)

    def retry(self, run: Run, by: str) -> str | None:
        """Judge a run's open rows again, in a process of its own; the run that does, None where none has begun."""
        words = ["retry", run.run_id, f"--by={by}", "--quiet", f"--out={self._settings.out.absolute()}"]
        if self._settings.profile is not None:
            words.append(f"--profile={self._settings.profile.absolute()}")
        before = self._retries(run)
        process = self._start("retry", run, words, by)
        return wait_until(process, lambda: next(iter(self._retries(run) - before), None))

    def _start(self, kind: str, run: Run, words: Sequence[str], by: str) -> subprocess.Popen[str]:
        process = start(words, self._settings, self._settings_file)
        Thread(target=self._note_end, args=(process, kind, run.run_id, by), daemon=True).start()
        return process

    def _note_end(self, process: subprocess.Popen[str], kind: str, run_id: str, by: str) -> None:
        """What could not be done is on record, where the page of the run shows it."""
        if said := last_words(process):
            with self._engine.begin() as connection:
                activity.record(connection, Activity(kind, now(), by, run_id, detail=said))

    def _is_at_work(self, run_id: str) -> bool:
        with reading(self._engine) as connection, connection.begin():
            return state_now(connection, run_id, RUNNING) == RUNNING

    def _retries(self, run: Run) -> set[str]:
        with reading(self._engine) as connection, connection.begin():
            return runs.retries_of(connection, run.rows_run_id)

    def note(self, done: Activity) -> None:
        """Write down what somebody did."""
        with self._engine.begin() as connection:
            activity.record(connection, done)

    def ignore_group(self, group_id: int, reason: str, by: str) -> int:
        """Set all open rows of a group aside; how many. Those that are on their way stay."""
        with self._engine.begin() as connection:
            waiting = waiting_cases(connection)
            chosen = [one for one in case_groups.cases_in(connection, group_id) if one not in waiting]
            return cases.ignore(connection, chosen, reason, by=by, at=now()) if chosen else 0

    def reopen_group(self, group_id: int, reason: str | None, by: str) -> int:
        """Open all ignored rows of a group again; how many."""
        with self._engine.begin() as connection:
            chosen = case_groups.cases_in(connection, group_id, "ignored")
            return cases.reopen(connection, chosen, reason, by=by, at=now()) if chosen else 0

    def assign(self, group_id: int, assignee: str | None, by: str) -> None:
        """Say who looks after a group."""
        with self._engine.begin() as connection:
            case_groups.assign(connection, group_id, assignee)
            told = Activity(activity.ASSIGN, now(), by, group_id=group_id, detail=assignee)
            activity.record(connection, told)

    def export(self, filter: Filter, kind: Kind) -> Path:  # noqa: A002 - as the pages call it
        """The failed rows that are filtered, as a file in a folder of its own: whoever asks removes the folder."""
        from pipeline.repairs.export import export

        with self._downloading:
            return export(self._engine, filter, kind)


def as_frame(problems: Sequence[Problem]) -> pd.DataFrame:
    """code, field, value of each problem."""
    import pandas as pd

    return pd.DataFrame([(each.code, each.field, each.value) for each in problems], columns=["code", "field", "value"])
