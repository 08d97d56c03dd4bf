"""What aXcelerate holds of contacts in classes, read for the ledger so that a check can foresee what is there."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

import pandas as pd

from destinations.axcelerate.deciding import UNDECIDED
from destinations.axcelerate.enrolments import SYSTEM, Ask, Enrolment, Enrolments, Listed
from destinations.axcelerate.rows import END, MODULE, OUTCOME, START
from destinations.http.json_client import JsonApi
from destinations.reference_page import Page
from rollbook.errors import Stopped
from rollbook.rows.activities import CLASS, E_LEARNING, UNIT, WORKSHOP

# The columns of the frames, as `ledger.remote.outbox.hold` wants them; all `str` but the dates (datetime64[s]).
HELD_COLUMNS = (
    "learner_email",
    "learner_employee_id",
    "session_id",
    "status",
    "grade",
    "enrolled_on",
    "completed_on",
)
_DATES = ("enrolled_on", "completed_on")
PAIRS_A_PAGE = 100


def enrolments(
    api: JsonApi, pairs: Collection[tuple[str, str]], page_size: int, *, whole_classes: bool = False
) -> Iterator[Page]:
    """The enrolments of (contact, class) pairs that have a final outcome: in the class, and in what is inside of it.

    whole_classes: a class of several pairs is listed whole, once where its pairs stand together.

    They are named as rows name them, so that a unit whose code is shown has two lines: by its ID and by its code. A
    date that can be read in two ways is missing. Raises Stopped where aXcelerate refuses a list, and what JsonApi.read
    raises.
    """
    lists, row = _Lists(Enrolments(api, page_size), pairs if whole_classes else ()), 1
    left = iter(pairs)
    for number, some in enumerate(iter(lambda: list(islice(left, PAIRS_A_PAGE)), []), 1):
        lines = [line for pair in some for line in _lines(lists, *pair)]
        yield Page(_frame(lines, row), number)
        row += len(lines)


def class_of(session: str) -> str | None:
    """The class that a row is about, from its session; None of what belongs to no class."""
    first, _, rest = session.partition("/")
    return first if rest and first not in ("", WORKSHOP, E_LEARNING, MODULE) else None


class _Lists:
    """What contacts hold in classes. whole: pairs; a class of several of them is listed whole, and the last is kept."""

    def __init__(self, enrolments: Enrolments, whole: Collection[tuple[str, str]]) -> None:
        self._enrolments = enrolments
        self._contacts = Counter(class_id for _, class_id in whole)
        self._class_id, self._class = "", dict[str, Listed]()

    def read(self, contact: str, class_id: str) -> Listed:
        """The list of a contact in a class; who is not in the list of the class is asked for alone."""
        if self._contacts[class_id] > 1 and class_id != self._class_id:
            self._class_id, self._class = class_id, self._enrolments.read_class(class_id)
        shown = self._class.get(contact) if class_id == self._class_id else None
        return self._enrolments.read(Ask(CLASS, contact, class_id)) if shown is None else shown


def _lines(lists: _Lists, contact: str, class_id: str) -> Iterator[tuple[str | None, ...]]:
    listed = lists.read(contact, class_id)
    if listed.refusal is not None:
        raise Stopped(f"{SYSTEM} does not show contact {contact} in class {class_id}. Fix this, then sync again.")
    for one in (one for top in listed.enrolments for one in top.all()):
        if one.held[OUTCOME] not in UNDECIDED:
            for session in _sessions(one, class_id):
                yield None, contact, session, None, one.held[OUTCOME], one.held[START], one.held[END]


def _sessions(one: Enrolment, class_id: str) -> list[str]:
    """What rows about the enrolment have as their session; see validators.activities."""
    if one.kind == UNIT:
        return [f"{class_id}/{name.upper()}" for name in ([one.id] if one.id else []) + sorted(one.codes)]
    if one.kind == CLASS:
        return [f"{class_id}/{CLASS}"]
    return [f"{one.kind}/{one.instance.upper()}"] if one.instance else []


def _frame(lines: Sequence[tuple[str | None, ...]], first_row: int) -> pd.DataFrame:
    columns = zip(*lines, strict=True) if lines else ((),) * len(HELD_COLUMNS)
    frame = {name: pd.Series(list(cells), dtype="str") for name, cells in zip(HELD_COLUMNS, columns, strict=True)}
    for name in _DATES:
        days = pd.to_datetime(frame[name], format="%Y-%m-%d", errors="coerce")
        frame[name] = days.astype("datetime64[s]")
    return pd.DataFrame({"row": pd.RangeIndex(first_row, first_row + len(lines)).to_numpy("int64"), **frame})
