"""pandera schemas, built from the table of rules, and their errors as positions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import import_module

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors

from rollbook.imports import imports_without
from rollbook.rows.fields import FIELDS
from rollbook.rows.statuses import ATTENDED, COMPLETED, NO_SHOW, STATUSES
from validators.emails import has_form_of_email
from validators.findings import Finding
from validators.lookups import Positions
from validators.rules import AXCELERATE, RULES, Rule, System

with imports_without("hypothesis"):  # a tenth of a second, for data that tests make
    import_module("pandera.strategies.pandas_strategies")

_DTYPES = {"date": "datetime64[s]", "yes_no": "boolean", "amount": "float64"}
_HISTORICAL_IN_SMARTERU = (ATTENDED, COMPLETED, NO_SHOW)
# These belong to aXcelerate's rows, the other dates to all others'.
_DATES_OF_AXCELERATE = ("started_on", "ended_on")


@dataclass(frozen=True)
class Bounds:
    """What the rules about single cells compare with."""

    today: date
    oldest: date
    outcome_codes: frozenset[str]


@dataclass(frozen=True)
class CellRule:
    """A rule that looks at one cell.

    holds: for the present cells of a column, whether the rule holds, row by row.
    detail: what a failure says beyond the cell's value.
    """

    holds: Callable[[pd.Series], pd.Series]
    detail: str | None = None


@dataclass(frozen=True)
class Broken:
    """A rule and the positions of the rows that break it, the fault being the field's."""

    code: str
    field: str
    positions: Positions


def cell_rules(bounds: Bounds) -> dict[str, CellRule]:
    """The rules that look at one cell, by code."""
    return {
        "learner.email": CellRule(has_form_of_email),
        "status.unknown": CellRule(lambda cells: cells.isin(STATUSES)),
        "status.not_deliverable": CellRule(lambda cells: cells.isin(_HISTORICAL_IN_SMARTERU)),
        "date.in_future": CellRule(
            lambda cells: cells <= pd.Timestamp(bounds.today), f"the run began on {bounds.today}"
        ),
        "date.too_old": CellRule(lambda cells: cells >= pd.Timestamp(bounds.oldest), f"it is before {bounds.oldest}"),
        "outcome.unknown": CellRule(lambda cells: cells.isin({code.upper() for code in bounds.outcome_codes})),
    }


@lru_cache(maxsize=8)
def schema_for(system: System, kinds: frozenset[str], bounds: Bounds) -> pa.DataFrameSchema:
    """The schema of canonical rows: a typed column for each field that rules about single cells read, with its checks.

    kinds: the kinds of reference data that rules may ask for.
    """
    of_cells = cell_rules(bounds)
    checks: dict[str, list[pa.Check]] = {}
    for rule in _applying(system, kinds):
        if rule.code in of_cells:
            for field in rule.fields:
                if _belongs(field, system):
                    checks.setdefault(field, []).append(_check(rule.code, field, of_cells[rule.code].holds))
    return pa.DataFrameSchema(
        {
            field: pa.Column(_DTYPES.get(FIELDS[field].kind, "str"), checks=own, nullable=True)
            for field, own in checks.items()
        }
    )


def broken_relations(findings: Sequence[Finding], system: System, kinds: frozenset[str]) -> list[Broken]:
    """Where the rules that look beyond one cell do not hold, as far as they apply. kinds: as for `schema_for`."""
    applying = {rule.code for rule in _applying(system, kinds) if rule.step == "judging"}
    found = [finding for finding in findings if finding.code in applying]
    return [
        Broken(finding.code, finding.field, np.flatnonzero(~finding.holds))
        for finding in found
        if not finding.holds.all()
    ]


def _applying(system: System, kinds: frozenset[str]) -> list[Rule]:
    return [rule for rule in RULES.values() if system in rule.applies and kinds.issuperset(rule.needs)]


def broken(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> list[Broken]:
    """Where the frame (with a RangeIndex) breaks the schema, all at once.

    Raises TypeError when a field's dtype is not its own: these are no canonical rows then.
    """
    try:
        schema.validate(frame, lazy=True, inplace=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases["failure_case"]
        if not all(isinstance(case, Broken) for case in cases):
            raise TypeError(f"These are no canonical rows: {errors}") from errors
        return list(cases)
    return []


def _belongs(field: str, system: System) -> bool:
    return FIELDS[field].kind != "date" or (field in _DATES_OF_AXCELERATE) == (system in AXCELERATE)


def _check(code: str, field: str, holds: Callable[[pd.Series], pd.Series]) -> pa.Check:
    return pa.Check(lambda cells: _report(code, field, holds(cells.dropna())), name=code)


def _report(code: str, field: str, holds: pd.Series) -> bool:
    """True where the rule holds throughout; else pandera's own error, with the failure cases as one object.

    Of a check that returns booleans pandera makes a table of all columns of the failing rows, and joins the tables of
    all checks: measured 120 ms a part of 50,000 rows of which 5 % fail, instead of 12.
    """
    if holds.all():
        return True
    positions = holds.index.to_numpy(np.int64)[~holds.to_numpy(bool)]
    raise SchemaError(  # type: ignore[no-untyped-call]
        schema=None, data=None, message=code, failure_cases=Broken(code, field, positions)
    )
