"""The steps of a run. Each takes numbers only, commits what it did, and may be done again after a crash."""

from collections.abc import Sequence

from ledger import staging
from pipeline.faults import contained
from pipeline.open_files import OpenFiles


def begin_file(files: OpenFiles, file_no: int) -> list[int]:
    """Read a file and record its sheets' plans and parts; the ids of the parts that are not staged yet."""
    contained(files.work, file_no, _open, files, file_no)
    return _planned(files, file_no)


def _open(files: OpenFiles, file_no: int) -> None:
    if files.work.files[file_no].state == "found":
        files.begin(file_no)
    elif _planned(files, file_no):  # a crash left it half done
        files.replan(file_no)


def _planned(files: OpenFiles, file_no: int) -> list[int]:
    with files.work.transaction() as connection:
        return [part.part_id for part in staging.parts(connection, files.work.run_id, file_no, state="planned")]


def judge_part(files: OpenFiles, part_id: int) -> int:
    """Judge a part and stage it, replacing what it had; the number of rows read."""
    file_no = part_id // staging.PART_STEP
    return contained(files.work, file_no, _judge_part, files, file_no, part_id) or 0


def _judge_part(files: OpenFiles, file_no: int, part_id: int) -> int:
    work = files.work
    if work.files[file_no].state == "failed":  # another part of it failed
        return 0
    with work.transaction() as connection:
        part = staging.one_part(connection, work.run_id, part_id)
        planned = staging.parts(connection, work.run_id, file_no, state="planned")
    judged = files.judge(part, [other for other in planned if other.part_id > part_id])
    if judged is None:  # the file failed as a whole
        return 0
    with work.transaction() as connection:
        staging.stage(connection, judged)
    return judged.rows_read


def judge_files(files: OpenFiles, file_nos: Sequence[int]) -> int:
    """Take the files of a migration, one after the other, from those who judge them; the number of rows read."""
    rows = 0
    for file_no in file_nos:
        for part_id in begin_file(files, file_no):
            rows += judge_part(files, part_id)
        files.release(file_no)
    return rows
