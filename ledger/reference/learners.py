"""Learners of the reference data: checked, found among those that are there, and taken over from imports."""

from dataclasses import replace
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Boolean, Column, Connection, case, func, null, select, update

from ledger.reference.adopt import merge
from ledger.reference.upserts import REFERENCE, Loaded, Sifting, existing, line_keys, look_up, look_up_unique, upsert
from ledger.sql.bulk import insert_frame
from ledger.sql.temporary_tables import temporary
from ledger.tables import employees, key
from validators.emails import has_form_of_email

# What a run may tell of a learner who was there before it, and how the column that names the run begins.
_HALVES = {"employee_number": "number", "email": "email", "name": "name"}


def store_learners(connection: Connection, frame: pd.DataFrame) -> Loaded:
    """Add learners, or change those of the same number or e-mail; take over those that imports made.

    frame: row, email, employee_number, name. Raises Clashing where enrollments that would meet differ.
    """
    sifting = Sifting(frame)
    _refuse_odd(sifting)
    known = existing(connection, employees, ("employee_number", "email", "name"))
    sifting.rows = _find_learners(_pair_up(sifting.rows), known)
    _refuse_strangers(connection, sifting, known)
    lines = _lines_taken_over(sifting.rows)
    merge(connection, employees, lines, sifting.rows[["row", "id"]].rename(columns={"id": "line"}).dropna())
    found = sifting.rows.drop(columns=["by_number", "by_email", "shared", "taken_over"])
    keys = line_keys("#", found["employee_number"], "@", found["email"])
    told = _given_by_imports(connection, found)
    loaded = upsert(connection, employees, found, keys, known[~known["id"].isin(lines["id"])], sifting.problems)
    _mark_as_reference(connection, told)
    return replace(loaded, adopted=loaded.adopted + len(lines))


def _refuse_odd(sifting: Sifting) -> None:
    """Rows without a learner, with an address that is none, or that contradict each other."""
    rows = sifting.rows
    sifting.refuse(rows["email"].isna() & rows["employee_number"].isna(), "The row names no learner.")
    email = sifting.rows["email"]
    sifting.refuse(email.notna() & ~has_form_of_email(email.fillna("")), "{email} is not an e-mail address.")
    for name, other, told in (("email", "employee_number", "e-mail"), ("employee_number", "email", "employee number")):
        rows = sifting.rows
        several = rows.groupby(name)[other].transform("nunique").reindex(rows.index).fillna(0) > 1
        sifting.refuse(several, f"The {told} {{{name}}} appears in several rows with different values.")


def _find_learners(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The rows with the lines that they mean: `id`, `by_number`, `by_email` (Int64), and `taken_over` into `id`.

    shared: several learners have the e-mail. Where the number leads to one line and the e-mail to another, which an
    import made and which has no number, they are one: the line that was loaded stays, else that with the number.
    """
    by_number = look_up(known.dropna(subset="employee_number"), "employee_number", rows["employee_number"])
    by_email, shared = look_up_unique(known, "email", rows["email"])
    lines = known.set_index("id")
    two = (by_number.notna() & by_email.notna() & (by_number != by_email)).fillna(False).astype(bool)
    free = by_email.map(lines["employee_number"]).isna()
    made = [by.map(lines["origin"]) != REFERENCE for by in (by_number, by_email)]
    one = two & free & (made[0] | made[1])
    by_mail_stays = one & ~made[1]
    line = by_number.fillna(by_email).mask(by_mail_stays, by_email)
    taken_over = by_email.mask(by_mail_stays, by_number).where(one)
    return rows.assign(id=line, by_number=by_number, by_email=by_email, shared=shared, taken_over=taken_over)


def _lines_taken_over(rows: pd.DataFrame) -> pd.DataFrame:
    """id, line (int64): which line becomes which."""
    pairs = rows[["taken_over", "id"]].set_axis(["id", "line"], axis="columns").dropna()
    return pairs.astype("int64").drop_duplicates("id", ignore_index=True)


def _refuse_strangers(connection: Connection, sifting: Sifting, known: pd.DataFrame) -> None:
    """Rows whose number and e-mail belong to different learners who are there, or that do not say which they mean."""
    rows = sifting.rows
    unclear = rows["by_number"].isna() & rows["shared"]
    sifting.refuse(unclear, "Several learners have the e-mail {email}: give the employee number.")
    rows = sifting.rows
    both = rows["by_number"].notna() & rows["by_email"].notna() & (rows["by_number"] != rows["by_email"])
    sifting.refuse(
        both & rows["taken_over"].isna(),
        "The e-mail {email} belongs to another learner than the employee number {employee_number}.",
    )
    rows, lines = sifting.rows, known.set_index("id")
    other = rows["by_number"].isna() & rows["employee_number"].notna()
    other &= rows["by_email"].map(lines["employee_number"]).notna()
    sifting.refuse(other, "The e-mail {email} belongs to a learner with another employee number already.")
    rows = sifting.rows
    told = select(employees.c.id).where(employees.c.origin == REFERENCE, employees.c.number_run_id.is_not(None))
    of_import = rows["by_number"].isin(list(connection.scalars(told)))
    theirs = rows["by_number"].map(lines["email"])
    sifting.refuse(
        of_import & rows["email"].notna() & theirs.notna() & (theirs != rows["email"]),
        "An import said that the employee number {employee_number} is that of a learner with another e-mail.",
    )


def _given_by_imports(connection: Connection, found: pd.DataFrame) -> pd.DataFrame:
    """id, run_id of the import that made the line (missing where none did), and which halves the rows give."""
    there = found.dropna(subset="id")
    given = {half: there[half].notna().groupby(there["id"]).any() for half in _HALVES}
    lines = pd.DataFrame(given).rename(columns=_HALVES).reset_index()
    made = select(employees.c.id, employees.c.run_id).where(employees.c.origin != REFERENCE)
    runs = dict(connection.execute(made).tuples().all())
    return lines.assign(run_id=lines["id"].map(runs).astype("str"))


def _mark_as_reference(connection: Connection, told: pd.DataFrame) -> None:
    """What the rows give is reference data from now on; what else an import told of their learners is marked so."""
    if told.empty:
        return
    columns: list[Column[Any]] = [Column("id", BigInteger, primary_key=True, autoincrement=False)]
    columns += [Column("run_id", key(20)), *(Column(name, Boolean, nullable=False) for name in _HALVES.values())]
    with temporary(connection, "rollbook_told", *columns) as fresh:
        insert_frame(connection, fresh, told)
        values = {}
        for half, name in _HALVES.items():
            told_by = employees.c[f"{name}_run_id"]
            kept = func.coalesce(told_by, case((employees.c[half].is_not(None), fresh.c.run_id)))
            values[told_by.name] = case((fresh.c[name], null()), else_=kept)
        connection.execute(update(employees).where(employees.c.id == fresh.c.id).values(values))


def _pair_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Learn from rows that have both: a row with the e-mail alone is of the same learner as one with the number too."""
    pairs = rows.dropna(subset=["email", "employee_number"])
    numbers = pairs.drop_duplicates("email").set_index("email")["employee_number"]
    emails = pairs.drop_duplicates("employee_number").set_index("employee_number")["email"]
    return rows.assign(
        employee_number=rows["employee_number"].fillna(rows["email"].map(numbers)),
        email=rows["email"].fillna(rows["employee_number"].map(emails)),
    )
