"""Plans of sheets, as tests of this room need them."""

from rollbook.text.letters import column_letter
from transforms.planning.sheet_plan import SheetPlan


def planned_as(
    header_row: int | None = 1, first_row: int = 2, last_row: int = 9, headers: int = 0, width: int = 0
) -> SheetPlan:
    """A plan of a sheet that is read, with so many headers and so wide a header line."""
    named = tuple((column_letter(number + 1), f"H{number}") for number in range(headers))
    return SheetPlan(
        "s", 0, "read", header_row=header_row, first_row=first_row, last_row=last_row, headers=named, width=width
    )
