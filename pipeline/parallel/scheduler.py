"""What is begun ahead of the run's own process, beside it: whole files of a migration, the next parts of a large file.

Judging is plain functions, and both it and the database's drivers hold Python's interpreter; only the run's own process
talks to the database. So the others read and judge, and it takes what they give back in the order of files and parts.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.parallel.executors import Cluster, Engine, Lost, Processes, is_alive
from rollbook.errors import Stopped

if TYPE_CHECKING:
    from ledger.runs import RunFile
    from pipeline.parallel.executors import Begun
    from pipeline.parallel.worker import JudgedFile
    from pipeline.run_context import RunContext
    from pipeline.sheets import OpenSheet
    from stage.parts import JudgedPart, Part, StagedPart

T = TypeVar("T")
_WORKER = "pipeline.parallel.worker"
KILLED = (
    "Every process that read or checked this file crashed. Open it in a spreadsheet program, save it as .xlsx, and "
    "import the copy. If that fails too, check whether the machine has enough memory."
)


class Scheduler:
    """What is begun is bounded: of a migration a few files a worker, of a large file as many parts.

    What a process takes with it when it dies is begun again, alone, a few times.
    """

    def __init__(self, work: RunContext) -> None:
        self._work = work
        self._engine: Engine | None = None
        self._files: dict[int, Begun[JudgedFile]] = {}
        self._parts: dict[int, Begun[JudgedPart | StagedPart]] = {}
        self._judged: dict[int, JudgedPart | StagedPart] = {}
        self._kinds: list[str] = []
        self._told: tuple[OpenSheet, bytes] | None = None

    def prepare(self) -> None:
        """Reach what a migration is to be done by; raises CannotBegin."""
        request = self._work.request
        if request.dask is not None:
            there = [str(Path(name).absolute()) for name in request.files if Path(name).exists()]
            folder = request.settings.stage.folder
            if folder is not None and "://" not in folder:
                Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
                there.append(str(Path(folder).absolute()))
            self._engine = Cluster(request.dask, there, warm=_WORKER)

    def start(self, workers: int = 1) -> None:
        """Start processes, unless a cluster does it; they import what they need while we do."""
        if self._engine is None:
            self._engine = Processes(workers, self._work.work_folder, warm=_WORKER)
            self._engine.submit(is_alive)

    def open(self, file: RunFile) -> JudgedFile | None:
        """A file of a migration, read and judged beside; None where it must be opened here."""
        if self._engine is None or not self._work.request.migrates or file.state != "found":
            return None
        for near in self._following(file):
            self._begin_file(near)
        judged = self._result(self._engine, self._files, file.file_no, lambda: self._begin_file(file))
        if judged is None:
            from pipeline.parallel.worker import JudgedFile

            return JudgedFile("file.unreadable", KILLED)
        if judged.is_returned:
            return None
        self._judged = {one.part_id: one for one in judged.judged}
        return judged

    def taken(self, part: Part) -> StagedPart | None:
        """The part, where it was judged with its file."""
        judged = self._judged.pop(part.part_id, None)
        return None if judged is None else self._staged(judged)

    def _staged(self, judged: JudgedPart | StagedPart) -> StagedPart:
        """A part that is in its folder, written now where who judged it could not."""
        from stage.parts import StagedPart

        return judged if isinstance(judged, StagedPart) else self._work.part_files.write(judged)

    def judges(self, sheet: OpenSheet) -> bool:
        """Whether the parts of an open sheet are judged beside: where those who do it can read it."""
        return self._engine is not None and self._engine.has_our_disk and sheet.raw is not None

    def judge(self, part: Part, following: Iterator[Part], sheets: Sequence[OpenSheet]) -> StagedPart | None:
        """The part of an open file of a migration, judged beside, and those that follow it are begun.

        None where every process that judged it died of it: then the file fails as a whole.
        """
        from pipeline.record import fail_file

        assert self._engine is not None
        for near in (part, *islice(following, self._engine.workers)):
            self._begin_part(near, sheets)
        judged = self._begun(part, sheets)
        if judged is None:
            fail_file(self._work, self._work.files[part.file_no], "file.unreadable", KILLED)
        return judged

    def judged_meanwhile(self, part: Part, following: Iterator[Part], sheets: Sequence[OpenSheet]) -> StagedPart | None:
        """The part of a large file, where it was begun beside; else the next one is, and this one is to be judged here.

        None, too, where every process that judged it died of it.
        """
        if part.part_id in self._parts:
            return self._begun(part, sheets)
        for near in islice(following, 1):
            self._begin_part(near, sheets)
        return None

    def _begun(self, part: Part, sheets: Sequence[OpenSheet]) -> StagedPart | None:
        assert self._engine is not None
        judged = self._result(self._engine, self._parts, part.part_id, lambda: self._begin_part(part, sheets))
        return None if judged is None else self._staged(judged)

    def close(self) -> None:
        """Let go of what was begun and not taken, and of what does it."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self._files.clear()
        self._parts.clear()

    def _following(self, file: RunFile) -> Iterator[RunFile]:
        """The file and the next ones that nobody opened yet: so many that no worker waits for us."""
        assert self._engine is not None
        files = self._work.files
        there = (files[number] for number in range(file.file_no, max(files) + 1) if number in files)
        return islice((one for one in there if one.state == "found"), 2 * self._engine.workers + 1)

    def _begin_file(self, file: RunFile) -> None:
        from pipeline.parallel.worker import FileJob, judge_file

        assert self._engine is not None
        if file.file_no not in self._files:
            name = self._common()
            into = self._work.work_folder if self._engine.has_our_disk else None
            kind = self._kinds.index(file.profile or "")
            job = FileJob(
                file.file_no, file.path, self._work.request.place(file.path).absolute(), file.sha256, kind, into
            )
            self._files[file.file_no] = self._engine.submit(judge_file, name, job)

    @property
    def _reaches_parts(self) -> bool:
        """Whether those who judge can write the run's parts themselves."""
        assert self._engine is not None
        return self._engine.has_our_disk or self._work.request.settings.stage.folder is not None

    def _begin_part(self, part: Part, sheets: Sequence[OpenSheet]) -> None:
        from pipeline.parallel.worker import judge_part_of

        assert self._engine is not None
        if part.part_id not in self._parts:
            name = self._common()
            kind = self._kinds.index(self._work.files[part.file_no].profile or "")
            sheet = self._pickled(sheets[part.sheet_position])
            self._parts[part.part_id] = self._engine.submit(judge_part_of, name, kind, sheet, part)

    def _pickled(self, sheet: OpenSheet) -> bytes:
        """A sheet as its file holds it: without what was looked up of it so far."""
        if self._told is None or self._told[0] is not sheet:
            assert sheet.raw is not None
            self._told = sheet, pickle.dumps(replace(sheet, raw=replace(sheet.raw)))
        return self._told[1]

    def _common(self) -> str:
        """The name under which all workers know what the run's files have in common."""
        from pipeline.parallel.worker import Common

        assert self._engine is not None
        name = str(self._work.work_folder / "common")
        if not self._kinds:
            contexts = {file.profile or "": self._work.context(number) for number, file in self._work.files.items()}
            self._kinds = list(contexts)
            common = Common(
                self._work.run_id,
                self._work.request.settings.reading.part_rows,
                self._work.reading_limits,
                list(contexts.items()),
                self._work.part_files.folder if self._reaches_parts else None,
            )
            self._engine.share(name, pickle.dumps(common))
        return name

    def _result(self, engine: Engine, begun: dict[int, Begun[T]], number: int, begin: Callable[[], None]) -> T | None:
        """What a task that is begun gives back; None where it was lost at every try, while others are not."""
        for _ in range(engine.tries):
            begin()
            task = begun.pop(number)
            try:
                return task.result()
            except Lost:
                for other in (*self._files.values(), *self._parts.values()):
                    other.wait()
        try:
            engine.submit(is_alive).result()
        except Lost:
            raise Stopped(f"No worker process could be started. Then: rollbook resume {self._work.run_id}") from None
        return None
