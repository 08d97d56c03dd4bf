"""How a profile's text names columns, and shows cells in its comments."""

from rollbook.text.days import without_midnight
from transforms.planning.sheet_plan import SheetPlan


def column_name(letter: str, plan: SheetPlan) -> str:
    """The header, or `@D` where it is blank or heads several columns."""
    header = plan.header_of[letter]
    same = [other for other in plan.header_of.values() if other.strip() == header.strip()]
    return header if header.strip() and len(same) == 1 and not header.startswith("@") else f"@{letter}"


def one_line(text: str, longest: int = 120) -> str:
    """The text as a comment may show it: printable, in one line, not longer."""
    line = without_midnight(" ".join("".join(c if c.isprintable() else " " for c in text).split()))
    return line if len(line) <= longest else line[: longest - 1] + "…"
