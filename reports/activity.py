"""What people and programs did, in words and as CSV."""

import csv
from collections.abc import Iterable, Mapping
from io import StringIO
from types import MappingProxyType

from ledger import activity
from ledger.activity import Activity
from reports.text import iso_moment
from rollbook.text.formulas import neutralised

ACTIVITY_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "import": "Import",
        "nightly": "Nightly import",
        "migrate": "Migration",
        "retry": "Retry",
        "repair": "Repair",
        "undo": "Undo",
        "resume": "Resume",
        "ignore": "Rows ignored",
        "reopen": "Rows reopened",
        "assign": "Group assigned",
        "profile": "Profile changed",
        "reference": "Reference data loaded",
        "purge": "Personal data removed",
        "login": "Login",
        "login_failed": "Failed login",
        "logout": "Logout",
        "download": "Download",
    }
)
assert tuple(sorted(ACTIVITY_NAMES)) == tuple(sorted(activity.KINDS))
_COLUMNS = ("at", "who", "kind", "run_id", "case_id", "group_id", "rows", "detail", "address")


def as_csv(lines: Iterable[Activity]) -> str:
    """The lines as CSV with a header; text that a spreadsheet program would run as a formula is neutralised."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for line in lines:
        writer.writerow([_cell(iso_moment(line.at) if name == "at" else getattr(line, name)) for name in _COLUMNS])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return neutralised(value.replace("\0", "\u2400"))
    return "" if value is None else value
