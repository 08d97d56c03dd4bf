"""The headers of the sheets in which cases stand."""

from collections.abc import Mapping
from typing import Any


def own_headers(plan: Mapping[str, Any], col_no: int) -> dict[str, str]:
    """Letter -> header of a sheet's columns, of a wide one without those of other sessions than a case's own.

    plan: as JSON; empty where the sheet is not known.
    """
    if not plan:
        return {}
    others = {each["letter"] for each in plan["sessions"] if each["number"] != col_no}
    return {
        letter: header for letter, header in plan["headers"] if letter not in others and letter not in plan["never"]
    }


def fields_by_letter(plan: Mapping[str, Any], col_no: int) -> dict[str, str]:
    """Letter -> the field that the column feeds by itself, of a wide sheet that of a case's own session too."""
    if not plan:
        return {}
    alone = {each["letters"][0]: each["field"] for each in plan["columns"] if len(each["letters"]) == 1}
    own = [each["letter"] for each in plan["sessions"] if each["number"] == col_no]
    return alone | ({own[0]: plan["cell"]["field"]} if own and plan["cell"] else {})
