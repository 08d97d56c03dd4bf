"""The steps of a run. Each takes numbers only, commits what it did, and may be done again after a crash."""

from collections.abc import Sequence

from ledger import staging
from pipeline import open_files
from pipeline.faults import contained
from pipeline.run_context import Work


def begin_file(work: Work, file_no: int) -> list[int]:
    """Read a file and record its sheets' plans and parts; the ids of the parts that are not staged yet."""
    contained(_open, work, file_no)
    return _planned(work, file_no)


def _open(work: Work, file_no: int) -> None:
    file = work.files[file_no]
    if file.state == "found":
        open_files.begin_file(work, file)
    elif _planned(work, file_no):  # a crash left it half done
        work.replan(file_no)


def _planned(work: Work, file_no: int) -> list[int]:
    with work.transaction() as connection:
        return [part.part_id for part in staging.parts(connection, work.run_id, file_no, state="planned")]


def judge_part(work: Work, part_id: int) -> int:
    """Judge a part and stage it, replacing what it had; the number of rows read."""
    file_no = part_id // staging.PART_STEP
    return contained(_judge_part, work, file_no, part_id) or 0


def _judge_part(work: Work, file_no: int, part_id: int) -> int:
    if work.files[file_no].state == "failed":  # another part of it failed
        return 0
    with work.transaction() as connection:
        part = staging.one_part(connection, work.run_id, part_id)
        planned = staging.parts(connection, work.run_id, file_no, state="planned")
    judged = work.ahead.take(part, [other for other in planned if other.part_id > part_id])
    if judged is None:  # the file failed as a whole
        return 0
    with work.transaction() as connection:
        staging.stage(connection, judged)
    return judged.rows_read


def judge_files(work: Work, file_nos: Sequence[int]) -> int:
    """Take the files of a migration, one after the other, from those who judge them; the number of rows read."""
    rows = 0
    for file_no in file_nos:
        for part_id in begin_file(work, file_no):
            rows += judge_part(work, part_id)
        work.release(file_no)
    return rows
