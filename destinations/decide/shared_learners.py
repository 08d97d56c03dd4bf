"""An e-mail or employee ID that rows give to clearly different people names none of them: their rows are refused."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, select, update

from destinations.decide import work_tables
from destinations.protocol import RunTerms
from ledger.tables import rollbook_rows
from transforms.values.person_names import different_people

SHARED = "learner.shared"
_TOLD = 3
_BATCH = 500


def mark_shared(connection: Connection, run: RunTerms) -> None:
    """Take the learner from the pairs of `learners` whose rows name clearly different people, and say whom."""
    shared = {no: people for no, names in _names(connection, run) if (people := different_people(names))}
    learners = work_tables.learners.c
    for numbers in _batches(sorted(shared)):
        query = select(learners.mail, learners.number, learners.learner_no).where(learners.learner_no.in_(numbers))
        connection.execute(
            update(work_tables.learners)
            .where(learners.mail == bindparam("of_mail"), learners.number == bindparam("of_number"))
            .values(learner_no=None, code=SHARED, detail=bindparam("told")),
            [
                {"of_mail": mail, "of_number": number, "told": _name_list(shared[no])}
                for mail, number, no in connection.execute(query).all()
            ],
        )


def _name_list(people: Sequence[str]) -> str:
    more = len(people) - _TOLD
    return ", ".join(name[:80] for name in people[:_TOLD]) + (f" and {more} more" if more > 0 else "")


def _names(connection: Connection, run: RunTerms) -> Iterator[tuple[int, list[str]]]:
    """(learner_no, names) of the learners whose rows bear several names."""
    names: dict[int, set[str]] = {}
    if (connection.scalar(select(func.max(work_tables.pairs.c.names))) or 0) > 1:
        for no, name in connection.execute(_of_one_pair(run)):
            names.setdefault(no, set()).add(name)
    for no, name in _of_several_pairs(connection):
        names.setdefault(no, set()).add(name)
    return ((no, sorted(found)) for no, found in names.items())


def _of_one_pair(run: RunTerms) -> Select[tuple[int, str]]:
    rows, learners, pairs = rollbook_rows.c, work_tables.learners, work_tables.pairs
    same = and_(learners.c.mail == pairs.c.mail, learners.c.number == pairs.c.number)
    theirs = and_(rows.learner_email == pairs.c.mail, rows.learner_employee_id == pairs.c.number)
    return (
        select(learners.c.learner_no, rows.learner_name)
        .select_from(pairs.join(learners, same).join(rollbook_rows, theirs))
        .where(work_tables.accepted(run), pairs.c.names > 1, learners.c.learner_no.is_not(None))
        .where(rows.learner_name.is_not(None))
        .distinct()
    )


def _of_several_pairs(connection: Connection) -> Iterator[tuple[int, str]]:
    """Of learners whom some rows name by one half and others by both: only then there are several pairs of one."""
    pairs, learners = work_tables.pairs.c, work_tables.learners.c
    both, one = and_(pairs.mail != "", pairs.number != ""), (pairs.mail == "") | (pairs.number == "")
    if not (connection.scalar(select(exists().where(both))) and connection.scalar(select(exists().where(one)))):
        return
    several = (
        select(learners.learner_no)
        .where(learners.learner_no.is_not(None))
        .group_by(learners.learner_no)
        .having(func.min(learners.name) != func.max(learners.name))
    )
    for numbers in _batches(list(connection.scalars(several))):
        query = select(learners.learner_no, learners.name).where(learners.learner_no.in_(numbers))
        yield from connection.execute(query.where(learners.name.is_not(None))).tuples()


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[first : first + _BATCH] for first in range(0, len(numbers), _BATCH))
