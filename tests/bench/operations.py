"""Everything that is done with rows, over sheets of every shape: learners, sessions and cases as many as rows."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ledger.reference.upserts import REFERENCE
from ledger.tables import employees, held_enrollments
from tests.bench.desk import HEADERS, Desk, learner
from tests.servers.smarteru import SmarterUServer, smarteru_server
from tests.servers.smarteru_state import sample

_UPDATE = ("--on-existing", "update")
_ATTENDED = '[values.status]\n"Zyx" = "attended"\n'


def known_by(desk: Desk, keys: str) -> None:
    """Learners and sessions: new, known, updated, refused, taken back. keys: see `learner`."""
    size = desk.size
    first = desk.judge("import, all new", "import", desk.sheet("new", desk.rows(keys)), loaded=size)
    again = desk.sheet("same", [(*row, "x") for row in desk.rows(keys)], (*HEADERS, "Shoe size"))
    desk.judge("import, all unchanged", "import", again, unchanged=size)
    changed = desk.sheet("changed", desk.rows(keys, "Completed"))
    desk.judge("check, all updated", "check", changed, *_UPDATE, updated=size)
    updated = desk.judge("import, all updated", "import", changed, *_UPDATE, updated=size)
    desk.do("list of changes", "changes", "last", "--export", str(desk.folder / "changes.csv"))
    desk.do("list of rows", "rows", "last", "--export", str(desk.folder / "rows.csv"))
    desk.do("sign-off", "sign-off", "last", "--out", str(desk.folder / "signed"))
    desk.do("undo of updates", "undo", updated["run"])
    refused = desk.sheet("refused", desk.rows(keys, "No show"))
    desk.judge("import, all refused", "import", refused, rejected=size)
    desk.judge("retry, all refused again", "retry", "last", rejected=size)
    closing = desk.judge("retry, all updated", "retry", "last", *_UPDATE, updated=size)
    desk.do("undo of a retry", "undo", closing["run"])
    more = desk.sheet("more", desk.rows(keys, shift=1))
    known = desk.judge("import, all known", "import", more, loaded=size)
    desk.do("undo of one file", "undo", known["run"], "--file", more)
    desk.do("undo of all", "undo", first["run"])


def wide(desk: Desk) -> None:
    """A learner a row, twenty sessions beside."""
    size = desk.size // 20 * 20
    headers = ("E-mail", "Course", *(f"2020-01-{day:02d}" for day in range(1, 21)))
    layout = '[sheet]\nlayout = "wide"\n'
    profile = desk.profile("wide", layout)

    def sheet(name: str, cell: str) -> str:
        lines = [(learner("e", n)[0], f"Course {n}", *[cell] * 20) for n in range(size // 20)]
        return desk.sheet(name, lines, headers)

    run = desk.judge("import, all new", "import", sheet("wide", "Attended"), *profile, loaded=size)
    desk.judge("import, all updated", "import", sheet("changed", "Completed"), *_UPDATE, *profile, updated=size)
    desk.judge("import, all fail", "import", sheet("bad", "Zyx"), *profile, rejected=size)
    words = desk.profile("words", layout + _ATTENDED)
    desk.judge("retry, all refused", "retry", "last", *words, rejected=size)
    desk.do("undo of all", "undo", run["run"])


def failing(desk: Desk) -> None:
    """Rows that break a rule: met again, judged again, repaired, taken back."""
    size = desk.size
    bad = desk.rows("en", "Zyx")
    desk.judge("import, all fail", "import", desk.sheet("bad", bad), rejected=size)
    again = desk.sheet("again", reversed(bad))
    desk.judge("import, all known failures", "import", again, rejected=size)
    desk.judge("retry, all fail again", "retry", "last", rejected=size)
    desk.do("list", "failures", "last")
    desk.do("export", "failures", "last", "--export", str(desk.folder / "export.csv"))
    words = desk.profile("words", _ATTENDED)
    repaired = desk.judge("retry, all repaired", "retry", "last", *words, loaded=size)
    desk.do("undo of repairs", "undo", repaired["run"], "--file", again)
    desk.judge("import that repairs all", "import", desk.sheet("good", desk.rows("en")), loaded=size)


def closing(desk: Desk) -> None:
    """Cases whose workbook comes back, cases that are ignored, cases that are purged."""
    size = desk.size
    met = desk.judge("import, all fail", "import", desk.sheet("bad", desk.rows("e", "Zyx")), rejected=size)
    repaired = desk.repaired(met["reports"]["failed_rows"], "Zyx", "Attended")
    desk.judge("import of the workbook, all repaired", "import", repaired, loaded=size)
    rows = desk.rows("n", "Zyx")
    other = desk.judge("import, all fail anew", "import", desk.sheet("other", rows), rejected=size)
    desk.do("ignore all", "failures", "ignore", *desk.cases_of(other["run"]), "--reason", "old")
    desk.grow_old()
    desk.do("purge of all", "purge", "--older-than", "1d")
    desk.judge("import, all purged cases", "import", desk.sheet("purged", reversed(rows)), rejected=size)


def copies(desk: Desk) -> None:
    """Rows about the same learner and session."""
    half = [(*learner("en", n), f"S-{n:06d}", "Attended") for n in range(desk.size // 2)]
    size = len(half) * 2
    run = desk.judge("import, pairs alike", "import", desk.sheet("pairs", half * 2), duplicate=size // 2)
    desk.do("undo", "undo", run["run"])
    conflicts = desk.sheet("conflicts", [*half, *((*row[:3], "Completed") for row in half)])
    desk.judge("import, pairs in conflict", "import", conflicts, rejected=size)
    desk.judge("retry, the best of pairs", "retry", "last", "--on-conflict", "best", loaded=size // 2)
    one = [("one@example.com", "", "S-one", "Attended")] * size
    desk.judge("import, all alike", "import", desk.sheet("one", one), duplicate=size - 1)
    two = [("two@example.com", "", "S-two", "Attended")] * (size - 1)
    odd = ("two@example.com", "", "S-two", "No show")
    desk.judge("import, one conflict of all", "import", desk.sheet("two", [*two, odd]), rejected=size)


def crowds(desk: Desk) -> None:
    """One learner in all sessions, all learners in one session."""
    size = desk.size
    words = desk.profile("words", _ATTENDED)
    crowd = {
        "one learner": [("one@example.com", "", f"S-{n:06d}") for n in range(size)],
        "one session": [(*learner("e", n), "S-one") for n in range(size)],
    }
    for name, places in crowd.items():
        good = desk.sheet(f"{name} good", [(*place, "Attended") for place in places])
        run = desk.judge(f"{name}: import", "import", good, loaded=size)
        bad = desk.sheet(f"{name} bad", [(*place, "Zyx") for place in places])
        desk.judge(f"{name}: all fail", "import", bad, rejected=size)
        desk.judge(f"{name}: all repaired", "retry", "last", *words, unchanged=size)
        desk.do(f"{name}: undo", "undo", run["run"])


def doubtful(desk: Desk) -> None:
    """Whom a row is about: pairs in dispute, pairs that complete what is known."""
    size = desk.size
    chain = [(learner("e", n // 2)[0], f"E{(n + 1) // 2:06d}", f"S-{n:06d}", "Attended") for n in range(size)]
    desk.judge("import, a chain of disputed pairs", "import", desk.sheet("chain", chain), rejected=size)
    star = [("many@example.com", f"E{n:06d}", f"S-{n:06d}", "Attended") for n in range(size)]
    desk.judge("import, one e-mail with many IDs", "import", desk.sheet("star", star), rejected=size)
    desk.judge("import, IDs", "import", desk.sheet("ids", desk.rows("n")), loaded=size)
    pairs = desk.rows("en", shift=1)
    desk.judge("import, pairs that complete IDs", "import", desk.sheet("pairs", pairs), loaded=size)
    mails = desk.sheet("mails", desk.rows("e", shift=2))
    desk.judge("import, e-mails of completed learners", "import", mails, loaded=size)
    strangers = desk.sheet("strangers", [(mail, f"X{number}", *rest) for mail, number, *rest in pairs])
    desk.judge("import, pairs of two learners", "import", strangers, rejected=size)


def ambiguous(desk: Desk) -> None:
    """Employees of other programs, of whom every two have one address."""
    size = desk.size // 2
    addresses = [learner("e", n // 2)[0] for n in range(size * 2)]
    numbers = [f"E{n:06d}" for n in range(size * 2)]
    desk.fill(employees, employee_number=numbers, email=addresses, origin=REFERENCE)
    mails = desk.sheet("mails", desk.rows("e")[:size])
    desk.judge("import, all ambiguous", "import", mails, rejected=size)


def seats(desk: Desk) -> None:
    """Sessions of one seat each, half as many as rows."""
    half = desk.size // 2
    sessions = desk.sheet("sessions", [(f"S-{n:06d}", 1) for n in range(half)], ("Session ID", "Max participants"))
    desk.do("reference load", "reference", "load", "sessions", sessions)
    rows = [(*learner("en", n), f"S-{n % half:06d}", "Attended") for n in range(half * 2)]
    run = desk.judge("import, half find a seat", "import", desk.sheet("rows", rows), loaded=half)
    late = [(f"late.{n}@example.com", "", f"S-{n % half:06d}", "Attended") for n in range(half * 2)]
    desk.judge("import, no seat left", "import", desk.sheet("late", late), rejected=half * 2)
    cancelled = desk.sheet("cancelled", [(*row[:3], "Cancelled") for row in rows[:half]])
    desk.judge("import, all cancelled", "import", cancelled, *_UPDATE, updated=half)
    revived = desk.sheet("revived", rows[:half])
    desk.judge("import, all revived", "import", revived, *_UPDATE, updated=half)
    desk.do("undo", "undo", run["run"])


def referred(desk: Desk) -> None:
    """Reference data of each kind, and rows that are held to it."""
    size = desk.size

    def load(name: str, kind: str, /, *headers: str, **cells: str) -> None:
        lines = [[cells[key].format(n) for key in cells] for n in range(size)]
        desk.do(name, "reference", "load", kind, desk.sheet(name, lines, headers))

    person = {"number": "E{:06d}", "mail": "learner.{:06d}@example.com"}
    load("load learners", "learners", "Employee ID", "E-mail", "Name", **person, name="Ann {}")
    load("load learners, all changed", "learners", "Employee ID", "E-mail", "Name", **person, name="Bo {}")
    load("load courses", "courses", "Course ID", "Course name", code="C-{:06d}", name="Course {}")
    session = {"code": "S-{:06d}", "course": "C-{:06d}", "date": "2020-01-02"}
    load("load sessions", "sessions", "Session ID", "Course ID", "Session date", **session)
    load("load groups", "groups", "Group ID", "Group name", code="G-{:06d}", name="Group {}")
    load("load memberships", "memberships", "Group ID", "Employee ID", code="G-{:06d}", number="E{:06d}")
    load("load group-courses", "group-courses", "Group ID", "Course ID", code="G-{:06d}", course="C-{:06d}")
    desk.judge("import, all known", "import", desk.sheet("rows", desk.rows("en")), loaded=size)
    named = [(*learner("e", n), f"Course {n}", "2020-01-02", f"Group {n}", "No show") for n in range(size)]
    headers = ("E-mail", "Employee ID", "Course name", "Session date", "Group name", "Status")
    desk.judge("import, courses and groups by name", "import", desk.sheet("named", named, headers))
    unknown = [(f"lerner.{n:06d}@example.com", "", f"T-{n:06d}", "Attended") for n in range(size)]
    desk.judge("import, all unknown", "import", desk.sheet("unknown", unknown), rejected=size)
    desk.judge("retry, all unknown", "retry", "last", rejected=size)


def stopped(desk: Desk) -> None:
    """A run that its limits stop, and that goes on."""
    sheet = desk.sheet("rows", [*desk.rows("en")[:-1], ("nobody", "", "", "")])
    out = ("--out", str(desk.folder / "out"))
    told = desk.do("import, stopped", "import", sheet, "--max-rejected", "0", *out, pending=desk.size - 1)
    desk.do("resume", "resume", told["run"], "--max-rejected", "5", loaded=desk.size - 1)


def fed(desk: Desk) -> None:
    """A complete feed, night after night: what it brought is missing, comes back, is doubtful, is everybody's."""
    size = desk.size
    feed = desk.profile("feed", '[feed]\nname = "hr"\ncomplete = true\non_missing = "cancel"\n')
    rows, one = desk.rows("e"), ("one@example.com", "", "S-one", "Attended")

    def night(name: str, lines: list[tuple[str, ...]], *options: str, **expected: int) -> str:
        run: str = desk.judge(name, "import", desk.sheet(name, lines), *options, **expected)["run"]
        return run

    first = night("import, all new", rows, *feed, loaded=size)
    night("import, all unchanged", [*rows, one], *feed, unchanged=size, loaded=1)
    missing = night("import, all missing", [one], *feed, unchanged=1)
    desk.do("undo, all missing", "undo", missing)
    night("import, all missing again", [one, one], *feed, unchanged=1)
    back = night("import, all back", rows, *feed, updated=size)
    desk.do("undo, all back", "undo", back)
    night("import, all doubtful", [one, *desk.rows("e", "Zyx")], *feed, rejected=size)
    night("import, none doubtful", rows, *feed, updated=size)
    night("import of no feed", [("two@example.com", "", "S-two", "Attended"), *rows], unchanged=size)
    desk.do("undo of the first", "undo", first)


def outside(desk: Desk) -> None:
    """A system outside: batches are recorded and written; what it holds already is compared."""

    def sheet(name: str, status: str) -> str:
        lines = [(*row, "C-1", "Staff", "2020-01-31") for row in desk.rows("en", status)]
        return desk.sheet(name, lines, (*HEADERS, "Course ID", "Group name", "Session Date"))

    target = ("--to", "smarteru-xml")
    desk.judge("import", "import", sheet("rows", "Completed"), *target, rejected=0)
    mails, numbers, sessions, _ = zip(*desk.rows("en"), strict=True)
    places = {"learner_email": mails, "learner_employee_id": numbers, "session_id": sessions}
    desk.fill(held_enrollments, destination="smarteru", status="completed", **places)
    desk.judge("import, all held", "import", sheet("held", "Completed "), *target, unchanged=desk.size)
    desk.judge("import, all held and other", "import", sheet("changed", "Attended"), *target, rejected=desk.size)


def sent(desk: Desk) -> None:
    """SmarterU: batches are sent, and confirmed or refused; what it holds is compared."""
    headers = ("E-mail", "Group ID", "Course ID", "Session ID", "Status", "Session date")

    def sheet(name: str, group: str, status: str = "Attended") -> str:
        users = (f"u{number}@example.com" for number in range(1, desk.size + 1))
        return desk.sheet(name, [(user, group, "C1", "S1", status, "2023-05-04") for user in users], headers)

    with smarteru_server(state=sample(desk.size)) as server, _reached(server):
        target = ("--to", "smarteru")
        desk.judge("import, all refused there", "import", sheet("refused", "G404"), *target, failed=desk.size)
        desk.judge("import, all sent", "import", sheet("sent", "G1"), *target, loaded=desk.size)
        desk.judge("import, all held", "import", sheet("held", "G1", "Attended "), *target, unchanged=desk.size)
        desk.judge("import, all held and other", "import", sheet("no", "G1", "No show"), *target, rejected=desk.size)
        desk.do("sync", "reference", "sync", "smarteru")


@contextmanager
def _reached(server: SmarterUServer) -> Iterator[None]:
    told = {"URL": server.url, "ACCOUNT_API": server.account_api, "USER_API": server.user_api}
    before = dict(os.environ)
    os.environ.update({f"ROLLBOOK_SMARTERU_{name}": value for name, value in told.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


SHAPES: dict[str, Callable[[Desk], None]] = {
    "e-mail only": lambda desk: known_by(desk, "e"),
    "employee ID only": lambda desk: known_by(desk, "n"),
    "both": lambda desk: known_by(desk, "en"),
    "wide": wide,
    "failing": failing,
    "cases": closing,
    "copies": copies,
    "crowds": crowds,
    "doubtful": doubtful,
    "ambiguous": ambiguous,
    "seats": seats,
    "reference": referred,
    "stopped": stopped,
    "feed": fed,
    "outside": outside,
    "sent": sent,
}

# One of each way in which a statement reads too much; the others differ in what is read, not in how.
QUICK = ("e-mail only", "wide", "cases", "copies", "doubtful", "ambiguous", "seats", "outside")
# These take several seconds each.
QUICK_ON_SERVERS = ("e-mail only", "cases", "feed", "outside", "sent")
