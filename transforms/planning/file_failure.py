"""What is wrong with a file as a whole, and what of it was not read, made of the plans of its sheets."""

from collections.abc import Sequence

from rollbook.profile import Profile
from rollbook.rows.outcomes import OTHER_TABLE, UNUSED_DATES
from rollbook.text.quoted import quoted
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.table.headers import nearest_header


def _dates_left_out(plans: Sequence[SheetPlan]) -> tuple[str, str] | None:
    told = [f"{', '.join(map(quoted, plan.unused_dates))} (sheet “{plan.name}”)" for plan in plans if plan.unused_dates]
    if not told:
        return None
    return UNUSED_DATES, (
        f"Dates were not used: {'; '.join(told)}. If a row has no other enrollment or completion date, the day of the "
        "import is used instead. If these are such dates, change the header to “Enrolled Date” or “Completion Date”, "
        "and import the file again. Administrator: if they are other dates, list the column in a profile, "
        "[columns] never."
    )


def _tables_left_out(plans: Sequence[SheetPlan]) -> tuple[str, str] | None:
    cut = [f"from row {plan.other_row} on (sheet “{plan.name}”)" for plan in plans if plan.other_row]
    if not cut:
        return None
    return OTHER_TABLE, (
        f"Another table begins below the first, and its rows were not read: {'; '.join(cut)}. Move it to a sheet of "
        "its own, and import the file again."
    )


def _left_out(plans: Sequence[SheetPlan]) -> tuple[str, str] | None:
    """(code, message) of what a file that is read holds beside what was read; the first code stands for all."""
    read = [plan for plan in plans if plan.state == "read"]
    found = [one for one in (_tables_left_out(read), _dates_left_out(plans)) if one is not None]
    return (found[0][0], " ".join(message for _, message in found)) if found else None


def file_failure(plans: Sequence[SheetPlan], profile: Profile | None = None) -> tuple[str, str] | None:
    """(code, message) of a file of which no sheet is read, or of which one failed; None where all is well.

    plans: of all sheets that were looked at.
    """
    failed = next((plan for plan in plans if plan.state == "failed"), None)
    if failed is not None and failed.code and failed.message:
        return failed.code, f"Sheet “{failed.name}”: {failed.message}" if len(plans) > 1 else failed.message
    if any(plan.state == "read" for plan in plans):
        return _left_out(plans)
    if plans and all(plan.rows == 0 and plan.header_row is None for plan in plans):
        return "file.unreadable", "The file is empty. Ask its sender for a new copy."
    wanted = profile.sheet.name if profile else None
    names = [plan.name for plan in plans]
    if wanted is not None and wanted.strip().casefold() not in {name.strip().casefold() for name in names}:
        nearest = nearest_header(wanted, names)
        hint = (
            f"the nearest name is {quoted(nearest)}" if nearest else "its sheets are " + ", ".join(map(quoted, names))
        )
        return "file.missing_columns", f"The profile names the sheet “{wanted}”, which the file does not have: {hint}."
    if all(plan.code == "file.no_header" or plan.header_row is None for plan in plans):
        return "file.no_header", _without_headers(plans)
    shown = "; ".join(f"“{plan.name}”: {plan.message}" for plan in plans[:3])
    return "file.missing_columns", f"No sheet contains learners. {shown}"


def _without_headers(plans: Sequence[SheetPlan]) -> str:
    shown = "; ".join(f"“{plan.name}”: {plan.message}" for plan in plans[:3]) or "The file contains no visible sheet."
    return (
        f"No header row was recognized in any sheet. {shown} Give the columns headers such as “Email”, “Session ID” "
        "and “Status”. Administrator: or name the columns in a profile, [columns]."
    )
