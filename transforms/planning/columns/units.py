"""Units of a qualification: several rows of a learner in one course, each with the result of a unit."""

from rollbook.rows.fields import FIELDS
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import says

_LEARNER, _COURSE = ("learner_employee_id", "learner_email"), ("course_id", "course_name")


def with_units(columns: tuple[ColumnPlan, ...], below: Below) -> tuple[tuple[ColumnPlan, ...], str | None]:
    """The columns, the course being the unit where a learner has several of them in a course, and what is said of it.

    As one course they would be copies of one record.
    """
    found = {column.field: column for column in columns}
    learner = next((found[name] for name in _LEARNER if name in found), None)
    course = next((found[name] for name in _COURSE if name in found), None)
    if learner is None or course is None or any(found[name].by_profile for name in _COURSE if name in found):
        return columns, None
    units = _unit_columns(below, found)
    if not units or not _are_several(below, learner, course, found.get("session_date"), next(iter(units.values()))):
        return columns, None
    rest = {name: column for name, column in found.items() if name not in _COURSE} | units
    header = next(iter(units.values())).headers[0]
    told = f"Learners have several rows in one course, each with its own “{header}”: each unit is read as a course."
    return tuple(rest[name] for name in FIELDS if name in rest), told


def _unit_columns(below: Below, found: dict[str, ColumnPlan]) -> dict[str, ColumnPlan]:
    """The columns of the units' codes and names, by the field of the course that they would feed."""
    fed = {letter for column in found.values() for letter in column.letters}
    units: dict[str, ColumnPlan] = {}
    for letter, header in below.headers.items():
        if letter in fed or not header or not says(header, "unit") or not below.filled(letter):
            continue
        name = "course_id" if says(header, "id") else "course_name"
        units.setdefault(name, ColumnPlan(name, (letter,), (header,)))
    return {name: units[name] for name in _COURSE if name in units}


def _are_several(
    below: Below, learner: ColumnPlan, course: ColumnPlan, day: ColumnPlan | None, unit: ColumnPlan
) -> bool:
    """Has a learner more than one unit in a course on a day?"""
    keys = [x for column in (learner, course, day) if column for x in column.letters]
    records = below.first_rows([*keys, *unit.letters]).dropna().drop_duplicates()
    return len(records) > 0 and bool(records.duplicated(keys).any())
