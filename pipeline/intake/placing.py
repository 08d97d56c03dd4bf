"""Files of a drop folder that were imported, moved to where they belong: decided first, so that a crash loses none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ledger import drops, runs
from pipeline.intake.fetch import follow
from reports.ledger_report import failed_rows_workbooks
from rollbook.clock import now
from sources.drop_folder import DropFolder
from sources.paths import content_of, names_beside

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.drops import Drop
    from pipeline.intake.night_sources import NightFolder
    from rollbook.request import Request


@dataclass(frozen=True)
class Placing:
    """Moves the files of a folder. request: what its runs are asked to do. say: tells a person a line."""

    connection: Connection
    folder: NightFolder
    request: Request
    say: Callable[[str], None]

    def place(self, drop: Drop, state: str, place: str, run_id: str | None) -> Drop:
        """Write down where the file goes, then move it there; what is read where it is stays."""
        target = f"{place}/{drop.name}" if self.folder.moves else drop.name
        return self.finish(self._decide(drop, state, target, run_id))

    def _decide(self, drop: Drop, state: str, target: str, run_id: str | None) -> Drop:
        """Write down that the file goes there, or under the first such name that is free, also for its workbooks.

        Those of a file that was there under its very name before it was put back are replaced.
        """
        with self.connection.begin():
            names = [one.name for one in self._workbooks(run_id)]
            former = drops.was_target(self.connection, self.folder.url, target)
        free = self.folder.free_name(
            target, lambda path: names_beside(path, names) if names and not (former and path == target) else []
        )
        with self.connection.begin():
            return drops.decide(self.connection, drop, state=state, target=free, run_id=run_id)

    def finish(self, drop: Drop, *, anew: bool = False) -> Drop:
        """Move a file to its place, its workbooks of failed rows beside it; what a crash left undone is done.

        anew: whether it was decided by an earlier pass. Other files that came under either name meanwhile stay.
        """
        assert drop.target is not None
        is_there = self.folder.exists(drop.name) and self._is_still(drop, anew=anew)
        is_copied = is_there and self.folder.exists(drop.target) and self._content(drop.target) == drop.sha256
        if is_there and not is_copied and self.folder.exists(drop.target):
            drop = self._decide(drop, drop.state, drop.target, drop.run_id)
        assert drop.target is not None
        if drop.run_id is not None:
            self._put_workbooks(drop.run_id, drop.target)
        if is_copied:  # the crash left the original
            self.folder.remove(drop.name)
        elif is_there:
            self.folder.move(drop.name, drop.target)
        with self.connection.begin():
            drops.settle(self.connection, drop, now())
            if drop.run_id is not None:
                self._mark_moved(drop, drop.run_id)
        return drop

    def _is_still(self, drop: Drop, *, anew: bool) -> bool:
        """Whether the file is the one that was taken; of one that was just fetched from elsewhere nobody asks again."""
        if not isinstance(self.folder, DropFolder) or not (anew or self.folder.is_local):
            return True
        if self._content(drop.name) == drop.sha256:
            return True
        self.say(f"{drop.name} was replaced by another file when it had been imported: that one is a new file.")
        return False

    def _content(self, name: str) -> str | None:
        with TemporaryDirectory(prefix="rollbook-") as folder:
            return content_of(self.folder.fetch(name, Path(folder, "copy")))

    def _mark_moved(self, drop: Drop, run_id: str) -> None:
        """Write down where the file is now, and with it those of an archive."""
        former, place = (self.folder.address(name) for name in (drop.name, drop.target or drop.name))
        follow(self.request, former, place)
        for file in runs.list_files(self.connection, run_id):
            inside = _within(Path(file.path), Path(former)).as_posix()
            moved = place if inside == "." else f"{place}/{inside}"
            runs.mark_file(self.connection, run_id, file.file_no, path=moved)

    def _put_workbooks(self, run_id: str, target: str) -> None:
        with self.connection.begin():
            workbooks = self._workbooks(run_id)
        for workbook, name in zip(workbooks, names_beside(target, [one.name for one in workbooks]), strict=True):
            self.folder.put(workbook, name)

    def _workbooks(self, run_id: str | None) -> list[Path]:
        """The workbooks of the rows that failed in a run, or in the one that it repeats."""
        if run_id is None:
            return []
        return failed_rows_workbooks(runs.find(self.connection, runs.find(self.connection, run_id).rows_run_id))


def _within(path: Path, former: Path) -> Path:
    """The path of a file within its archive, `.` of one that is none.

    A run that repeats an earlier one has the files of that one, whose archive was moved since.
    """
    if path.is_relative_to(former):
        return path.relative_to(former)
    archive = next(
        (folder for folder in reversed(path.parents) if former.suffix and folder.suffix == former.suffix), path
    )
    return path.relative_to(archive)
