"""Learners: does the row name one, is it known, is it one person."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pandas as pd

from validators.emails import has_form_of_email
from validators.findings import Failed, Finding
from validators.learner_names import SEVERAL, NameIndex
from validators.lookups import UNKNOWN, Keys, Mask, Positions, present, text_at


class LearnerIndex:
    """The loaded learners by employee number, e-mail and name.

    `learners`: email, employee_number, name, all `str`; a line is a learner, an employee number has one.
    """

    def __init__(self, learners: pd.DataFrame) -> None:
        self._learners = learners.drop_duplicates(["email", "employee_number"]).reset_index(drop=True)
        self.numbers = Keys(self._learners["employee_number"])
        self.emails = Keys(self._learners["email"])

    @cached_property
    def names(self) -> NameIndex:
        """The learners that a name can stand for."""
        return NameIndex(self._learners)

    def find(self, emails: pd.Series, numbers: pd.Series) -> Positions:
        """The row of each learner, by the employee number, else by an e-mail that only one has; else UNKNOWN."""
        number_codes, email_codes = self.numbers.codes(numbers), self.emails.codes(emails)
        by_number, by_email = self.numbers.rows(number_codes), self.emails.rows(email_codes)
        return np.where(by_number >= 0, by_number, np.where(self.emails.counts(email_codes) == 1, by_email, UNKNOWN))

    def email_at(self, rows: Positions) -> pd.Series:
        """The e-mails of the learners at these rows."""
        return text_at(self._learners["email"], rows)

    def number_at(self, rows: Positions) -> pd.Series:
        """The employee numbers of the learners at these rows."""
        return text_at(self._learners["employee_number"], rows)


def only_named(rows: pd.DataFrame, failed: Failed) -> Mask:
    """Rows that name their learner, but neither by e-mail nor by employee ID."""
    keyed = present(rows["learner_email"]) | present(rows["learner_employee_id"])
    return present(rows["learner_name"]) & ~keyed & ~failed.mask("learner_email", "learner_employee_id")


def match_names(rows: pd.DataFrame, failed: Failed, index: LearnerIndex) -> pd.DataFrame:
    """The rows, where a name that one loaded learner has stands for the missing e-mail and employee ID."""
    named = only_named(rows, failed)
    if not named.any():
        return rows
    found = np.maximum(index.names.find(rows["learner_name"].where(named)), UNKNOWN)
    return rows.assign(
        learner_email=rows["learner_email"].fillna(index.email_at(found)),
        learner_employee_id=rows["learner_employee_id"].fillna(index.number_at(found)),
    )


def judge_names(rows: pd.DataFrame, failed: Failed, index: LearnerIndex) -> Iterator[Finding]:
    """Rows that `match_names` left without a learner: the name is unknown, or that of several."""
    named = only_named(rows, failed)
    if not named.any():
        return
    names = rows["learner_name"].where(named)
    found = index.names.find(names)

    def said(at: Positions) -> pd.Series:
        return index.names.candidates(names.iloc[at])

    yield Finding("learner.unknown", "learner_name", ~(named & (found == UNKNOWN)), said)
    yield Finding("learner.ambiguous", "learner_name", ~(found == SEVERAL), said)


def judge_learners(rows: pd.DataFrame, index: LearnerIndex, required: bool) -> Iterator[Finding]:
    """E-mail and employee ID against the loaded learners; unknown ones are told only where they are `required`."""
    number, email = rows["learner_employee_id"], rows["learner_email"]
    number_codes, email_codes = index.numbers.codes(number), index.emails.codes(email)
    by_number, by_email = index.numbers.rows(number_codes), index.emails.rows(email_codes)
    has_number, has_email = present(number), present(email)
    known_number, known_email = by_number >= 0, by_email >= 0
    their_email, their_number = index.email_at(by_number), index.number_at(by_email)
    agreeing = (email == their_email).to_numpy(bool)
    contradicted = np.where(
        known_number,
        ~agreeing & (present(their_email) | known_email),
        known_email & present(their_number),
    )
    two = _with_addresses(has_number & has_email & contradicted, email)

    def said(at: Positions) -> pd.Series:
        return _contradictions(*(cells.iloc[at] for cells in (number, their_email, email, their_number)))

    yield Finding("row.two_learners", "learner_employee_id", ~two, said)
    several = (index.emails.counts(email_codes) > 1) & ~known_number & ~two
    yield Finding("learner.ambiguous", "learner_email", ~several)
    yield Finding("learner.ambiguous", "learner_employee_id", ~((index.numbers.counts(number_codes) > 1) & ~agreeing))
    if required:
        unknown = ~known_number & ~known_email
        yield Finding("learner.unknown", "learner_employee_id", ~(unknown & has_number))
        yield Finding("learner.unknown", "learner_email", ~_with_addresses(unknown & has_email & ~has_number, email))


def other_keys(rows: pd.DataFrame, index: LearnerIndex) -> tuple[pd.Series, pd.Series]:
    """E-mail and employee number of each row's learner, each completed from the loaded learners."""
    number, email = rows["learner_employee_id"], rows["learner_email"]
    by_number, by_email = index.numbers.rows(index.numbers.codes(number)), index.emails.rows(index.emails.codes(email))
    return email.fillna(index.email_at(by_number)), number.fillna(index.number_at(by_email))


def _contradictions(number: pd.Series, their_email: pd.Series, email: pd.Series, their_number: pd.Series) -> pd.Series:
    owner = ("employee ID " + their_number).fillna("another learner")
    of_email = email + " is that of " + owner + " among the loaded learners"
    of_number = "employee ID " + number + " has " + their_email + " among the loaded learners"
    return of_number.fillna(of_email)


def _with_addresses(rows: Mask, email: pd.Series) -> Mask:
    """Those of the rows whose e-mail has the form of one: another text is told as such, and is nobody's."""
    mask = rows.copy()
    positions = np.flatnonzero(rows)
    mask[positions] = has_form_of_email(email.iloc[positions]).to_numpy(bool)
    return mask
