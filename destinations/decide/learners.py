"""Who a row is about. An e-mail and an employee ID are one learner only where that is beyond doubt.

Existing employees say so, or accepted rows in which the e-mail has one ID and the ID one e-mail. Two existing employees
are never merged; a row that holds both an e-mail and an ID that do not belong together is `row.two_learners`.
"""

from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
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
    union_all,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from destinations.decide import work_tables
from destinations.decide.reject import reject
from destinations.decide.shared_learners import mark_shared
from destinations.protocol import RunTerms
from ledger.tables import employees, rollbook_rows
from transforms.values.normalize import address

TWO_LEARNERS = "row.two_learners"
AMBIGUOUS = "learner.ambiguous"


def decide_learners(connection: Connection, run: RunTerms) -> None:
    """Fill `learners` from the accepted rows, and reject the rows whose pair cannot mean one learner."""
    work_tables.fill(connection, work_tables.pairs, _pairs(run))
    work_tables.fill(connection, work_tables.mails, _partners("mail", "number"))
    work_tables.fill(connection, work_tables.numbers, _partners("number", "mail"))
    _spell_as_compared(connection)
    work_tables.fill(connection, work_tables.holders, _holders())
    work_tables.fill(connection, work_tables.learners, _learners())
    mark_shared(connection, run)
    if connection.scalar(select(func.count()).where(work_tables.learners.c.code.is_not(None))):
        _reject(connection, run)


def _pairs(run: RunTerms) -> Select[Any]:
    rows = rollbook_rows.c
    said = (
        select(rows.learner_email.label("mail"), rows.learner_employee_id.label("number"), rows.learner_name)
        .where(work_tables.accepted(run))
        .distinct()
        .subquery("said")
        .c
    )
    pair = (
        select(
            said.mail,
            said.number,
            func.min(said.learner_name).label("name"),
            func.count(said.learner_name).label("names"),
        )
        .group_by(said.mail, said.number)
        .subquery("pair")
        .c
    )
    return select(pair.mail, pair.number, func.row_number().over(), pair.name, pair.names)


def _partners(half: str, other: str) -> Select[Any]:
    """Each e-mail (ID) that stands beside an ID (e-mail): with how many different ones, and the one."""
    pairs = work_tables.pairs.c
    return (
        select(pairs[half], func.count(), func.max(pairs[other]), func.max(pairs.pair_no))
        .where(pairs.mail != "", pairs.number != "")
        .group_by(pairs[half])
    )


def _holders() -> Select[Any]:
    """E-mails of employees may repeat in reference data, so they are counted."""
    people, wanted, spelled = employees.c, work_tables.pairs.c.mail, work_tables.spelled
    wanted_mails = select(wanted).where(wanted != "").distinct()
    columns = (people.id, people.employee_number)
    exact = select(people.email.label("mail"), *columns).where(people.email.in_(wanted_mails))
    ours = select(spelled.c.mail, *columns).join(employees, people.id == spelled.c.employee_id)
    held = union_all(exact, ours.where(spelled.c.mail.in_(wanted_mails))).subquery("held").c
    return select(held.mail, func.count(), func.min(held.id), func.max(held.employee_number)).group_by(held.mail)


def _spell_as_compared(connection: Connection) -> None:
    """Fill `spelled` with the employees whose e-mail is not spelled as Rollbook compares it; it stays as it is there.

    SQL finds what may be spelled otherwise, upper case and outer spaces, and `transforms.values.normalize` says how: no
    two databases agree on `lower`.
    """
    people = employees.c
    odd = select(people.id, people.email).where(people.email != func.lower(func.trim(people.email)))
    found = [{"employee_id": no, "mail": address(mail)} for no, mail in connection.execute(odd).tuples()]
    if found:
        connection.execute(insert(work_tables.spelled), found)


def _learners() -> Select[Any]:
    """Every pair with its learner's number: an employee's ID, or the negative number of the pair that tells most."""
    k = _known().c
    agreed = and_(k.is_undisputed, or_(k.numbered_id.is_(None), k.numbered_mail.is_(None)), k.holders.is_(None))
    lent = and_(k.is_undisputed, k.numbered_id.is_(None), k.holders == 1, k.holder_number.is_(None))
    learner = case(
        # Both: the employee with this number has this e-mail; or what is known of one half is silent on the other.
        (and_(k.is_both, k.numbered_mail == k.mail), k.numbered_id),
        (and_(k.is_both, agreed), func.coalesce(k.numbered_id, -k.both_no)),
        (and_(k.is_both, lent), k.holder_id),
        (k.is_both, null()),
        # The ID alone.
        (and_(k.number != "", k.numbered_id.is_not(None)), k.numbered_id),
        (and_(k.number != "", agreed), -k.both_no),
        (and_(k.number != "", lent), k.holder_id),
        (k.number != "", -k.pair_no),
        # The e-mail alone.
        (k.holders > 1, null()),
        (k.holders == 1, k.holder_id),
        (agreed, func.coalesce(k.numbered_id, -k.both_no)),
        else_=-k.pair_no,
    )
    code = case((k.is_both, literal(TWO_LEARNERS)), else_=literal(AMBIGUOUS))
    whole = or_(k.is_both, agreed, lent)
    placed = select(*k, cast(learner, BigInteger).label("learner_no"), whole.label("is_whole"), code.label("code"))
    p = placed.subquery("placed").c
    return select(
        p.mail,
        p.number,
        p.learner_no,
        case((p.is_whole, p.whole_mail), else_=p.mail),
        case((p.is_whole, p.whole_number), else_=p.number),
        p.name,
        case((p.learner_no.is_(None), cast(p.code, String(32)))),
        case((and_(p.learner_no.is_(None), p.is_both), _detail(p))),
    )


def _detail(known: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[str]:
    """Why a pair of both does not mean one learner."""
    return case(
        (known.numbered_mail.is_not(None), known.number.concat(" has the e-mail ").concat(known.numbered_mail)),
        (known.holder_number.is_not(None), known.mail.concat(" has the employee ID ").concat(known.holder_number)),
        (and_(known.numbered_id.is_not(None), known.holders.is_not(None)), "they are two existing learners"),
        else_="other rows pair them otherwise",
    )


def _completed() -> Subquery:
    """Each pair; what a single half lacks is taken from the one pair of both that holds it."""
    pairs, mails, numbers = work_tables.pairs, work_tables.mails, work_tables.numbers
    mail = case((pairs.c.mail != "", pairs.c.mail), (numbers.c.partners == 1, numbers.c.mail), else_="")
    number = case((pairs.c.number != "", pairs.c.number), (mails.c.partners == 1, mails.c.number), else_="")
    return (
        select(pairs, mail.label("whole_mail"), number.label("whole_number"))
        .select_from(
            pairs.outerjoin(mails, and_(mails.c.mail == pairs.c.mail, pairs.c.number == "")).outerjoin(
                numbers, and_(numbers.c.number == pairs.c.number, pairs.c.mail == "")
            )
        )
        .subquery("completed")
    )


def _known() -> Subquery:
    """Each pair, whether rows dispute it, and what existing employees say of its two halves."""
    whole, mails, numbers, holders = _completed(), work_tables.mails, work_tables.numbers, work_tables.holders
    numbered = employees.alias("numbered")
    undisputed = func.coalesce(and_(mails.c.partners == 1, numbers.c.partners == 1), False)
    return (
        select(
            *(whole.c[name] for name in ("mail", "number", "pair_no", "name", "whole_mail", "whole_number")),
            and_(whole.c.mail != "", whole.c.number != "").label("is_both"),
            undisputed.label("is_undisputed"),
            mails.c.pair_no.label("both_no"),
            numbered.c.id.label("numbered_id"),
            func.coalesce(work_tables.spelled.c.mail, numbered.c.email).label("numbered_mail"),
            holders.c.holders,
            holders.c.employee_id.label("holder_id"),
            holders.c.number.label("holder_number"),
        )
        .select_from(
            whole.outerjoin(mails, mails.c.mail == whole.c.whole_mail)
            .outerjoin(numbers, numbers.c.number == whole.c.whole_number)
            .outerjoin(numbered, numbered.c.employee_number == whole.c.whole_number)
            .outerjoin(work_tables.spelled, work_tables.spelled.c.employee_id == numbered.c.id)
            .outerjoin(holders, holders.c.mail == whole.c.whole_mail)
        )
        .subquery("known")
    )


def _reject(connection: Connection, run: RunTerms) -> None:
    learners, rows = work_tables.learners.c, rollbook_rows.c
    doubtful = (
        select(
            *work_tables.place(rollbook_rows),
            learners.code,
            learners.mail,
            learners.number,
            learners.detail,
        )
        .select_from(
            rollbook_rows.join(
                work_tables.learners,
                and_(rows.learner_email == learners.mail, rows.learner_employee_id == learners.number),
            )
        )
        .where(work_tables.accepted(run), learners.code.is_not(None))
    )
    reject(connection, run, doubtful, _with_details)


def _with_details(rows: pd.DataFrame) -> pd.DataFrame:
    two = rows["code"].eq(TWO_LEARNERS) | rows["mail"].eq("")
    return rows.assign(
        field=two.map({True: "learner_employee_id", False: "learner_email"}),
        value=rows["number"].where(two, rows["mail"]),
    )
