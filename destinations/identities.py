"""Who a row is about. An e-mail and an employee ID are one learner only where that is beyond doubt.

Existing employees say so, or accepted rows in which the e-mail has one ID and the ID one e-mail. Two existing employees
are never merged; a row that holds both an e-mail and an ID that do not belong together is `row.two_learners`.
"""

from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    or_,
    select,
)

from destinations import working
from destinations.protocol import RunTerms
from destinations.verdicts import reject
from ledger.tables import employees, rollbook_rows

TWO_LEARNERS = "row.two_learners"
AMBIGUOUS = "learner.ambiguous"


def decide_learners(connection: Connection, run: RunTerms) -> None:
    """Fill `learners` from the accepted rows, and reject the rows whose pair cannot mean one learner."""
    learners = working.learners
    named = [column.name for column in learners.columns]
    connection.execute(insert(learners).from_select(named, _numbered(_completed(_resolved(_paired(run))))))
    working.analyze(connection, learners)
    if connection.scalar(select(func.count()).where(learners.c.code.is_not(None))):
        _reject(connection, run)


def _paired(run: RunTerms) -> Subquery:
    """Each distinct pair, what existing employees say of its two halves, and how often it is disputed."""
    rows = rollbook_rows.c
    pairs = (
        select(rows.learner_email.label("mail"), rows.learner_employee_id.label("number"))
        .where(working.accepted(run))
        .distinct()
        .cte("pairs")
    )
    holders = (
        select(
            employees.c.email,
            func.count().label("holders"),
            func.min(employees.c.id).label("id"),
            func.max(employees.c.employee_number).label("number"),
        )
        .where(employees.c.email.in_(select(pairs.c.mail).where(pairs.c.mail != "")))
        .group_by(employees.c.email)
        .subquery("holders")
    )
    numbered = employees.alias("numbered")
    both = and_(pairs.c.mail != "", pairs.c.number != "")
    counted = func.sum(case((both, 1), else_=0))
    return (
        select(
            pairs.c.mail,
            pairs.c.number,
            both.label("is_both"),
            and_(
                both,
                counted.over(partition_by=pairs.c.mail) == 1,
                counted.over(partition_by=pairs.c.number) == 1,
            ).label("is_undisputed"),
            numbered.c.id.label("numbered_id"),
            numbered.c.email.label("numbered_mail"),
            holders.c.holders,
            holders.c.id.label("holder_id"),
            holders.c.number.label("holder_number"),
        )
        .select_from(
            pairs.outerjoin(
                numbered, and_(numbered.c.employee_number == pairs.c.number, pairs.c.number != "")
            ).outerjoin(holders, and_(holders.c.email == pairs.c.mail, pairs.c.mail != ""))
        )
        .subquery("paired")
    )


def _resolved(paired: Subquery) -> Subquery:
    """The employee that a pair of both means, or whether it is a new learner; neither when it means two."""
    p = paired.c
    found = case(
        (~p.is_both, null()),
        (p.numbered_mail == p.mail, p.numbered_id),
        (~p.is_undisputed, null()),
        (and_(p.numbered_id.is_not(None), p.numbered_mail.is_(None), p.holders.is_(None)), p.numbered_id),
        (and_(p.numbered_id.is_(None), p.holders == 1, p.holder_number.is_(None)), p.holder_id),
    )
    fresh = and_(p.is_undisputed, p.numbered_id.is_(None), p.holders.is_(None))
    return select(
        *p,
        cast(found, BigInteger).label("found"),
        case((fresh, 1), else_=0).label("fresh"),
    ).subquery("resolved")


def _completed(resolved: Subquery) -> Subquery:
    """Pairs of one half joined to what the undisputed pair of both says of that half."""
    r = resolved.c
    agreed = or_(r.found.is_not(None), r.fresh == 1)
    other_number = func.max(case((and_(r.is_undisputed, agreed), r.number))).over(partition_by=r.mail)
    other_mail = func.max(case((and_(r.is_undisputed, agreed), r.mail))).over(partition_by=r.number)
    by_mail = func.max(r.found).over(partition_by=r.mail)
    by_number = func.max(r.found).over(partition_by=r.number)
    learner_id = case(
        (r.is_both, r.found),
        (r.number != "", func.coalesce(r.numbered_id, by_number)),
        (r.holders == 1, r.holder_id),
        (r.holders.is_(None), by_mail),
    )
    code = case(
        (and_(r.is_both, ~agreed), literal(TWO_LEARNERS)),
        (and_(~r.is_both, r.number == "", r.holders > 1), literal(AMBIGUOUS)),
    )
    return select(
        r.mail,
        r.number,
        learner_id.label("learner_id"),
        case((r.mail != "", r.mail), else_=func.coalesce(other_mail, "")).label("whole_mail"),
        case((r.number != "", r.number), else_=func.coalesce(other_number, "")).label("whole_number"),
        cast(code, String(32)).label("code"),
        r.numbered_mail,
        r.holder_number,
    ).subquery("completed")


def _numbered(completed: Subquery) -> Select[Any]:
    """Every pair with its learner's number: an employee's ID, or a negative one in the order of the keys."""
    c = completed.c
    order = func.dense_rank().over(order_by=(c.whole_number, c.whole_mail))
    number = case((c.code.is_not(None), null()), else_=func.coalesce(c.learner_id, -cast(order, BigInteger)))
    return select(
        c.mail,
        c.number,
        cast(number, BigInteger),
        c.whole_mail,
        c.whole_number,
        c.code,
        c.numbered_mail,
        c.holder_number,
    )


def _reject(connection: Connection, run: RunTerms) -> None:
    learners = working.learners.c
    doubtful = (
        select(
            *working.place(rollbook_rows),
            learners.code,
            learners.learner_email,
            learners.learner_employee_id,
            learners.known_email,
            learners.known_number,
        )
        .select_from(rollbook_rows.join(working.learners, working.of_learner()))
        .where(working.accepted(run), learners.code.is_not(None))
    )
    reject(connection, run, doubtful, _told)


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """What is wrong with each doubtful pair, and in which field."""
    mail, number = rows["learner_email"], rows["learner_employee_id"]
    two = rows["code"].eq(TWO_LEARNERS)
    detail = pd.Series("other rows pair them with others", index=rows.index)
    detail = detail.mask(rows["known_number"].notna(), mail + " has the employee ID " + rows["known_number"])
    detail = detail.mask(rows["known_email"].notna(), number + " has the e-mail " + rows["known_email"])
    return rows.assign(
        field=two.map({True: "learner_employee_id", False: "learner_email"}),
        value=number.where(two, mail),
        detail=detail.where(two),
    )
