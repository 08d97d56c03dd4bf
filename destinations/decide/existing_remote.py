"""Rows whose enrollment a system outside is known to hold already: unchanged, or refused where it differs."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, and_, case, exists, func, literal, or_, select, update

from destinations.decide import work_tables
from destinations.decide.existing import EXISTS
from destinations.decide.reject import reject
from destinations.protocol import RunTerms
from ledger.remote import outbox
from ledger.tables import employees, held_enrollments, rollbook_rows
from rollbook.outcomes import ACCEPTED, UNCHANGED, UPDATED
from rollbook.statuses import CANCELLED


def decide_held(
    connection: Connection, run: RunTerms, holder: str, compared: Sequence[str], *, changes: bool = False
) -> None:
    """Mark rows that `holder` is known to hold: `unchanged` when the same, else rejected (`enrollment.exists`).

    compared: of status, grade, enrolled_on, completed_on: what must be the same; a blank says nothing, on either side.
    changes: the system can change what it holds, so where `on_existing` lets it, what differs is `updated`.
    """
    outbox.note_held(connection, holder)
    ours = held_enrollments.c.destination == holder
    if not connection.scalar(select(exists().where(ours))):
        return
    work_tables.fill(connection, work_tables.held, _found(run, holder, compared))
    found = work_tables.held
    if not connection.scalar(select(func.count()).select_from(found)):
        return
    here = and_(work_tables.same_place(run, found), rollbook_rows.c.outcome == ACCEPTED)
    connection.execute(update(rollbook_rows).where(here, found.c.differs == 0).values(outcome=UNCHANGED))
    if not connection.scalar(select(func.max(found.c.differs))):
        return
    if changes:
        lets = work_tables.policy_of_row(run, "on_existing", rollbook_rows) != "reject"
        connection.execute(update(rollbook_rows).where(here, found.c.differs == 1, lets).values(outcome=UPDATED))
    reject(connection, run, _differing(run, holder, compared), partial(_with_details, compared, run.names))


def seats_held(holder: str) -> Select[Any]:
    """session_no and seats: how many learners `holder` is known to hold in sessions whose seats are counted.

    Who stands there by e-mail in one line and by number in another is one learner, as far as employees tell.
    """
    there, sessions = held_enrollments.c, work_tables.sessions.c
    learner = func.coalesce(func.nullif(there.learner_email, ""), employees.c.email, there.learner_employee_id)
    by_number = and_(there.learner_email == "", employees.c.employee_number == there.learner_employee_id)
    return (
        select(sessions.session_no, func.count(learner.distinct()).label("seats"))
        .select_from(
            work_tables.sessions.join(held_enrollments, there.session_id == sessions.session_code).outerjoin(
                employees, by_number
            )
        )
        .where(there.destination == holder, sessions.max_participants.is_not(None))
        .where(or_(there.status.is_(None), there.status != CANCELLED))
        .group_by(sessions.session_no)
    )


def _found(run: RunTerms, holder: str, compared: Sequence[str]) -> Select[Any]:
    """The place of each row that is held, and 0 where one of what is held of it is the same."""
    rows, there = rollbook_rows.c, held_enrollments.c
    differs = case((or_(*_differences(compared).values()), 1), else_=0)
    query = (
        select(*work_tables.place(work_tables.placed), func.min(differs))
        .select_from(_matches(run, holder))
        .where(rows.outcome == ACCEPTED, there.destination == holder)
    )
    return query.group_by(*work_tables.place(work_tables.placed))


def _matches(run: RunTerms, holder: str) -> Any:
    """Rows in play beside what is held of their learner, by e-mail or number, in their session."""
    placed, there, sessions = work_tables.placed, held_enrollments.c, work_tables.sessions
    who = _learners().subquery("who")
    same_learner = or_(
        and_(there.learner_email != "", there.learner_email == who.c.mail),
        and_(there.learner_employee_id != "", there.learner_employee_id == who.c.number),
    )
    return (
        placed.join(sessions, sessions.c.session_no == placed.c.session_no)
        .join(who, who.c.learner_no == placed.c.learner_no)
        .join(
            held_enrollments,
            and_(there.destination == holder, there.session_id == sessions.c.session_code, same_learner),
        )
        .join(rollbook_rows, work_tables.same_place(run, placed))
    )


def _learners() -> Select[Any]:
    """Every learner of the run with the e-mail and the number that the rows or the reference data tell."""
    said = work_tables.learners.c
    return (
        select(
            said.learner_no,
            func.coalesce(func.max(employees.c.email), func.max(said.whole_mail)).label("mail"),
            func.coalesce(func.max(employees.c.employee_number), func.max(said.whole_number)).label("number"),
        )
        .select_from(work_tables.learners.outerjoin(employees, employees.c.id == said.learner_no))
        .where(said.learner_no.is_not(None))
        .group_by(said.learner_no)
    )


def _differences(compared: Sequence[str]) -> dict[str, Any]:
    pairs: dict[str, tuple[Any, Any]] = {name: (rollbook_rows.c[name], held_enrollments.c[name]) for name in compared}
    if "grade" in pairs:
        here, there = pairs["grade"]
        pairs["grade"] = func.lower(here), func.lower(there)
    return {name: and_(one.is_not(None), other.is_not(None), one != other) for name, (one, other) in pairs.items()}


def _differing(run: RunTerms, holder: str, compared: Sequence[str]) -> Select[Any]:
    found, here, there = work_tables.held, rollbook_rows.c, held_enrollments.c
    return (
        select(
            *work_tables.place(rollbook_rows),
            literal(holder).label("holder"),
            *(case((differs, 1), else_=0).label(f"differs_{name}") for name, differs in _differences(compared).items()),
            *(here[name].label(f"here_{name}") for name in compared),
            *(there[name].label(f"there_{name}") for name in compared),
            there.run_id.label("from_run"),
        )
        .select_from(
            _matches(run, holder).join(found, work_tables.same_line(work_tables.placed, found, work_tables.PLACE))
        )
        .where(found.c.differs == 1, here.outcome == ACCEPTED)
    )


def _with_details(compared: Sequence[str], names: Mapping[str, str], lines: pd.DataFrame) -> pd.DataFrame:
    """One line a row: the first field that differs is blamed."""
    rows = lines.drop_duplicates(list(work_tables.PLACE), ignore_index=True)
    detail = pd.Series("", index=rows.index, dtype="str")
    blamed = pd.Series(None, index=rows.index, dtype="str")
    value = pd.Series(None, index=rows.index, dtype="str")
    for name in compared:
        differs = rows[f"differs_{name}"].eq(1)
        here, there = (rows[f"{side}_{name}"].astype("str") for side in ("here", "there"))
        detail = detail.mask(differs, detail + names.get(name, name) + " is " + there + " there, " + here + " here; ")
        value = value.mask(differs & blamed.isna(), here)
        blamed = blamed.mask(differs & blamed.isna(), name)
    run = "run " + rows["from_run"].astype("str") + " delivered it"
    origin = run.fillna("it was read from " + rows["holder"])
    return rows.assign(field=blamed, value=value, code=EXISTS, detail=detail + origin)
