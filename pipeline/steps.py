"""The steps of a run. Each takes numbers only, commits what it did, and may be done again after a crash."""

from collections.abc import Iterator, Sequence

from ledger.parts import list_parts
from ledger.remote.outbox import is_recorded
from pipeline.faults import contained
from pipeline.open_files import OpenFiles
from stage.parts import PART_STEP, Part


def begin_file(files: OpenFiles, file_no: int) -> list[int]:
    """Read a file and record its sheets' plans and parts; the numbers of the parts that are not judged yet."""
    contained(files.work, file_no, _open, files, file_no)
    return [part.part_id for part in _planned(files, file_no)]


def _open(files: OpenFiles, file_no: int) -> None:
    if files.work.files[file_no].state == "found":
        files.begin(file_no)
    elif _planned(files, file_no):  # a crash left it half done
        files.replan(file_no)


def _planned(files: OpenFiles, file_no: int) -> list[Part]:
    """The parts of a file that are to be judged; none where the run is delivered, for then the ledger alone knows."""
    with files.work.transaction() as connection:
        if is_recorded(connection, files.work.run_id):
            return []
        parts = list_parts(connection, files.work.run_id, file_no)
    staged = files.work.part_files.staged(part.part_id for part in parts)
    return [part for part in parts if part.part_id not in staged]


def judge_part(files: OpenFiles, part_id: int) -> int:
    """Judge a part and write it, replacing what it had; the number of rows read."""
    file_no = part_id // PART_STEP
    return contained(files.work, file_no, _judge_part, files, file_no, part_id) or 0


def _judge_part(files: OpenFiles, file_no: int, part_id: int) -> int:
    if files.work.files[file_no].state == "failed":  # another part of it failed
        return 0
    with files.work.transaction() as connection:
        parts = list_parts(connection, files.work.run_id, file_no)
    part = next(one for one in parts if one.part_id == part_id)
    staged = files.judge(part, _unjudged(files, [other for other in parts if other.part_id > part_id]))
    return staged.rows_read if staged is not None else 0  # none where the file failed as a whole


def _unjudged(files: OpenFiles, parts: Sequence[Part]) -> Iterator[Part]:
    return (part for part in parts if not files.work.part_files.staged([part.part_id]))


def judge_files(files: OpenFiles, file_nos: Sequence[int]) -> int:
    """Judge some files, one after the other; the number of rows read."""
    rows = 0
    for file_no in file_nos:
        for part_id in begin_file(files, file_no):
            rows += judge_part(files, part_id)
        files.release(file_no)
    return rows
