"""The steps of a run. Each takes numbers only, commits what it did, and may be done again after a crash."""

from flows.work import Work
from ledger import staging


def begin_file(work: Work, file_no: int) -> list[int]:
    """Read a file and record its sheets' plans and parts; the ids of the parts that are not staged yet."""
    planned = _planned(work, file_no)
    if work.files[file_no].state == "found":
        work.sheets(file_no)
    elif planned:  # a crash left it half done
        work.replan(file_no)
    else:
        return []
    return _planned(work, file_no)


def _planned(work: Work, file_no: int) -> list[int]:
    with work.transaction() as connection:
        return [part.part_id for part in staging.parts(connection, work.run_id, file_no, state="planned")]


def judge_part(work: Work, part_id: int) -> int:
    """Judge a part and stage it, replacing what it had; the number of rows read."""
    file_no = part_id // staging.PART_STEP
    if not work.sheets(file_no):  # the file could not be read again: it failed as a whole
        return 0
    with work.transaction() as connection:
        part = staging.one_part(connection, work.run_id, part_id)
        planned = staging.parts(connection, work.run_id, file_no, state="planned")
    following = next((other for other in planned if other.part_id > part_id), None)
    judged = work.ahead.take(part, following)
    with work.transaction() as connection:
        staging.stage(connection, judged)
    return judged.rows_read
