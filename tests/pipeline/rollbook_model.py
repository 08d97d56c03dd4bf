"""Rollbook as its contract has it, in plain dictionaries: what a database must hold after commands, and their accounts.

It owes nothing to the code that decides: no SQL, no frames, a row at a time. What it leaves out: rules about single
cells (but for one unknown status), capacity, groups, loaded courses, wide sheets, profiles.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

COURSE, MADE = "Fire Safety", "fire safety|2024-03-05"
DATE = "2024-03-05"
UNKNOWN_STATUS = "perhaps"
FARTHER = {"cancelled": 0, "no_show": 0, "enrolled": 1, "attended": 2, "completed": 3}


@dataclass(frozen=True)
class Row:
    """A row's cells, '' where one is blank. session: an ID; or '' for COURSE on DATE."""

    mail: str = ""
    number: str = ""
    session: str = ""
    status: str = "attended"
    grade: str = ""
    enrolled: str = ""
    completed: str = ""

    @property
    def content(self) -> tuple[str, ...]:
        """What copies are compared by."""
        return self.status, self.grade, self.enrolled, self.completed


@dataclass
class Person:
    """A learner; told: which half a run added, so that no reference rule reads it. run: who created it."""

    number: str
    mail: str
    origin: str
    run: str = ""
    told: dict[str, str] = field(default_factory=dict)

    def known(self, half: str) -> str:
        """What the loaded data says of a half; '' where only an import told it, or the person is not loaded."""
        value: str = getattr(self, half)
        return value if self.origin == "reference" and half not in self.told else ""


@dataclass
class Enrollment:
    """What is stored of an attendance; '' for dates that are defaults."""

    person: int
    session: str
    status: str
    grade: str
    enrolled: str
    completed: str
    run: str


@dataclass
class Case:
    """A failed row: what it names, why it failed last, who fixed it."""

    row: Row
    session: str
    code: str
    first: int
    fixed_by: str = ""


@dataclass
class Run:
    """What a run met. changes: (enrollment, what it was), the last at the end."""

    failed: list[Row] = field(default_factory=list)
    changes: list[tuple[int, Enrollment]] = field(default_factory=list)
    undone: bool = False


@dataclass(frozen=True)
class Refused:
    """A row and the code that says why."""

    row: Row
    code: str
    session: str


class RollbookModel:
    """All that one database holds. Numbers of people and enrollments are the model's own and never come twice."""

    def __init__(self) -> None:
        self.people: dict[int, Person] = {}
        self.sessions: dict[str, str] = {}  # code -> origin
        self.enrollments: dict[int, Enrollment] = {}
        self.cases: dict[Row, Case] = {}
        self.runs: dict[str, Run] = {}
        self.loaded: set[str] = set()
        self._next = 0

    def _number(self) -> int:
        self._next += 1
        return self._next

    # What a person sees.

    def state(self) -> dict[str, list[tuple[str, ...]]]:
        """People, sessions, enrollments and cases, in an order of their own."""
        people = [(who.number, who.mail, who.origin) for who in self.people.values()]
        there = [
            (*self._key(one), one.status, one.grade, one.enrolled, one.completed) for one in self.enrollments.values()
        ]
        cases = [(*cells_of(row), "fixed" if case.fixed_by else "open") for row, case in self.cases.items()]
        sessions = list(self.sessions.items())
        return {
            "people": sorted(people),
            "sessions": sorted(sessions),
            "enrollments": sorted(there),
            "cases": sorted(cases),
        }

    def _key(self, one: Enrollment) -> tuple[str, str, str]:
        who = self.people[one.person]
        return who.number, who.mail, one.session

    # Importing.

    def run(
        self,
        name: str,
        rows: Sequence[Row],
        on_conflict: str = "reject",
        on_existing: str = "reject",
        *,
        own: bool = False,
    ) -> Counter[str]:
        """Import rows; the outcomes. own: the rows are retried cases, which close when they find their place."""
        self.runs[name] = Run()
        refused, good = self._judge(rows)
        learners, doubtful = self._learners(good)
        refused += doubtful
        placed = [(row, session) for row, session in good if learners.get((row.mail, row.number)) is not None]
        winners, copies, in_conflict = self._copies(placed, learners, on_conflict)
        refused += in_conflict
        outcomes = Counter({"read": len(rows), "duplicate": copies, "rejected": 0})
        settled: list[tuple[Row, int]] = []
        keys: dict[Any, int] = {}
        self._complete(name, good, learners)
        unchanged: list[tuple[Row, int]] = []
        for row, session in winners:
            outcome, number = self._place(name, row, session, learners[row.mail, row.number], keys, on_existing)
            if outcome == "rejected":
                refused.append(Refused(row, "enrollment.exists", session))
                continue
            outcomes[outcome] += 1
            (unchanged if outcome == "unchanged" else settled).append((row, number))
        outcomes["rejected"] = len(refused)
        self._meet(name, refused)
        self._close(name, settled, unchanged, own=own)
        return +outcomes

    def retried(self, name: str) -> list[Row]:
        """The rows of a run that are open cases, in the order in which they were met first."""
        rows = dict.fromkeys(row for row in self.runs[name].failed if not self.cases[row].fixed_by)
        return sorted(rows, key=lambda row: self.cases[row].first)

    def _judge(self, rows: Sequence[Row]) -> tuple[list[Refused], list[tuple[Row, str]]]:
        refused, good = [], []
        for row in rows:
            session = self._session(row)
            code = "status.unknown" if row.status == UNKNOWN_STATUS else ""
            code = self._unknown_learner(row) or code
            if "sessions" in self.loaded and self.sessions.get(session) != "reference":
                code = "session.unknown"
            if code:
                refused.append(Refused(row, code, session))
            else:
                good.append((row, session))
        return refused, good

    def _session(self, row: Row) -> str:
        """An ID; else the session of the course and date that is, or once was, loaded; else the code that is made."""
        return row.session or next((code for code in self.sessions if code.startswith("L")), MADE)

    def _unknown_learner(self, row: Row) -> str:
        if "learners" not in self.loaded:
            return ""
        by_number = [who for who in self.people.values() if row.number and who.known("number") == row.number]
        by_mail = [who for who in self.people.values() if row.mail and who.known("mail") == row.mail]
        if row.number and row.mail:
            if by_number and by_number[0].known("mail") != row.mail and (by_number[0].known("mail") or by_mail):
                return "row.two_learners"
            if not by_number and by_mail and by_mail[0].known("number"):
                return "row.two_learners"
        return "" if by_number or by_mail else "learner.unknown"

    def _learners(self, good: Sequence[tuple[Row, str]]) -> tuple[dict[tuple[str, str], Any], list[Refused]]:
        """(e-mail, number) -> a person's number, or the (number, e-mail) of one to be made; None: nobody."""
        pairs = {(row.mail, row.number) for row, _ in good}
        found = {pair: self._learner(*pair, pairs) for pair in pairs}
        doubtful = [Refused(row, "row.two_learners", code) for row, code in good if found[row.mail, row.number] is None]
        return found, doubtful

    def _learner(self, mail: str, number: str, pairs: Iterable[tuple[str, str]]) -> Any:
        both = [pair for pair in pairs if all(pair)]
        if not (mail and number):
            partners = [pair for pair in both if pair[0] == mail or pair[1] == number]
            joined = self._joined(*partners[0], both) if len(partners) == 1 else None
            holders = self._with("mail", mail) if mail else self._with("number", number)
            if holders:
                return holders[0] if len(holders) == 1 else None
            return joined if joined is not None else (number, mail)
        return self._joined(mail, number, both)

    def _joined(self, mail: str, number: str, both: Sequence[tuple[str, str]]) -> Any:
        """Who has both the e-mail and the number, beyond doubt."""
        holders, numbered = self._with("mail", mail), self._with("number", number)
        if set(holders) & set(numbered):
            return numbered[0]
        disputed = sum(pair[0] == mail or pair[1] == number for pair in both) > 1
        if disputed or (holders and numbered) or len(holders) > 1:
            return None
        for found, half in ((numbered, "mail"), (holders, "number")):
            if found:
                return None if getattr(self.people[found[0]], half) else found[0]
        return number, mail

    def _with(self, half: str, value: str) -> list[int]:
        return [one for one, who in self.people.items() if getattr(who, half) == value]

    def _copies(
        self, placed: Sequence[tuple[Row, str]], learners: Mapping[tuple[str, str], Any], on_conflict: str
    ) -> tuple[list[tuple[Row, str]], int, list[Refused]]:
        groups: dict[Any, list[Row]] = {}
        for row, session in placed:
            groups.setdefault((learners[row.mail, row.number], session), []).append(row)
        winners, copies, refused = [], 0, []
        for (_, session), rows in groups.items():
            same = len({row.content for row in rows}) == 1
            if not same and on_conflict == "reject":
                refused += [Refused(row, "enrollment.conflict", session) for row in rows]
                continue
            winners.append((_winner(rows, "first" if same else on_conflict), session))
            copies += len(rows) - 1
        return winners, copies, refused

    def _complete(self, name: str, good: Sequence[tuple[Row, str]], learners: Mapping[tuple[str, str], Any]) -> None:
        """What decided is kept, whatever became of the row that said it."""
        for row, _ in good:
            number = learners[row.mail, row.number]
            if isinstance(number, int) and row.mail and row.number:
                who = self.people[number]
                for half, said in (("mail", row.mail), ("number", row.number)):
                    if not getattr(who, half):
                        setattr(who, half, said)
                        who.told[half] = name

    def _place(
        self, name: str, row: Row, session: str, learner: Any, keys: dict[Any, int], on_existing: str
    ) -> tuple[str, int]:
        number = learner
        if not isinstance(learner, int):
            if learner not in keys:
                keys[learner] = self._number()
                self.people[keys[learner]] = Person(learner[0], learner[1], "import", name)
            number = keys[learner]
        there = [one for one, kept in self.enrollments.items() if (kept.person, kept.session) == (number, session)]
        if there:
            return self._against(name, row, there[0], on_existing), there[0]
        self.sessions.setdefault(session, "import")
        new = self._number()
        completed = row.completed if row.status == "completed" else ""
        self.enrollments[new] = Enrollment(number, session, row.status, row.grade, row.enrolled, completed, name)
        return "loaded", new

    def _against(self, name: str, row: Row, number: int, on_existing: str) -> str:
        there = self.enrollments[number]
        completed = row.completed if row.status == "completed" else ""
        dates = [(row.enrolled, there.enrolled)]
        if there.status == "completed":
            dates.append((completed, there.completed))
        differs = row.status != there.status or (row.grade and row.grade != there.grade)
        differs = differs or any(here and was and here != was for here, was in dates)
        fills = any(here and not was for here, was in dates)
        if not differs and (on_existing == "reject" or not fills):
            return "unchanged"
        if on_existing == "reject":
            return "rejected"
        if on_existing == "best" and not _is_better(row, completed, there):
            return "unchanged"
        self.runs[name].changes.append((number, replace(there)))
        stays = there.completed if there.status == "completed" and row.status == "completed" else ""
        self.enrollments[number] = replace(
            there,
            status=row.status,
            grade=row.grade or there.grade,
            enrolled=row.enrolled or there.enrolled,
            completed=completed or stays,
            run=name,
        )
        return "updated"

    # Cases.

    def _meet(self, name: str, refused: Sequence[Refused]) -> None:
        for one in refused:
            self.runs[name].failed.append(one.row)
            known = self.cases.get(one.row)
            if known is None:
                self.cases[one.row] = Case(one.row, one.session, one.code, self._number())
            else:
                known.code = one.code

    def _close(
        self, name: str, settled: Sequence[tuple[Row, int]], unchanged: Sequence[tuple[Row, int]], *, own: bool
    ) -> None:
        """By the enrollment that was loaded or is as the row says; a case about something else only by its own row."""
        written, there = {number for _, number in settled}, {number for _, number in unchanged}
        mine = {row for row, _ in unchanged}
        retried = mine | {row for row, _ in settled} if own else set()
        for row, case in self.cases.items():
            about = self._about(case)
            contradicts = case.code in ("enrollment.exists", "enrollment.conflict")
            by_row = row in retried or (row in mine and about in there)
            if not case.fixed_by and (by_row or about in written or (about in there and not contradicts)):
                case.fixed_by = name

    def _about(self, case: Case) -> int | None:
        """The enrollment that a case is about, where its cells name one learner beyond doubt."""
        by_number = self._with("number", case.row.number) if case.row.number else []
        by_mail = self._with("mail", case.row.mail) if case.row.mail else []
        if by_number and case.row.mail:
            theirs = self.people[by_number[0]].mail
            by_number = by_number if theirs == case.row.mail or not (theirs or by_mail) else []
        elif not by_number and case.row.number:
            by_mail = [one for one in by_mail if not self.people[one].number]
        learners = by_number or ([] if case.row.number and self._with("number", case.row.number) else by_mail)
        if len(learners) != 1:
            return None
        same = (learners[0], case.session)
        return next((one for one, kept in self.enrollments.items() if (kept.person, kept.session) == same), None)

    # Taking back.

    def undo(self, name: str) -> int:
        """Take a run back; the exit code. What leaves all as it was takes nothing back, and can still be retried."""
        run = self.runs[name]
        was_undone = run.undone
        before = repr((self.people, self.sessions, self.enrollments, self.cases))
        left = [
            number
            for other, later in self.runs.items()
            for number, was in later.changes
            if other != name and was.run == name and number in self.enrollments and self.enrollments[number].run != name
        ]
        restorable = [(number, was) for number, was in run.changes if self._is_mine(name, number)]
        for number, was in restorable:
            here = self.enrollments[number]
            self.enrollments[number] = replace(was, person=here.person, session=here.session)
            run.changes.remove((number, was))
        for number in [one for one, kept in self.enrollments.items() if kept.run == name]:
            if number not in dict(restorable):
                del self.enrollments[number]
        run.undone = True
        self._forget_told()
        self._collect()
        for case in self.cases.values():
            if case.fixed_by == name:
                case.fixed_by = ""
        if before == repr((self.people, self.sessions, self.enrollments, self.cases)) and not left:
            run.undone = was_undone
            return 2
        return 1 if left else 0

    def _is_mine(self, name: str, number: int) -> bool:
        return number in self.enrollments and self.enrollments[number].run == name

    def _forget_told(self) -> None:
        """A half that an undone run told goes, unless that run or one after it has an enrollment of the person."""
        order = list(self.runs)
        for number, who in self.people.items():
            for half, console in list(who.told.items()):
                runs = [kept.run for kept in self.enrollments.values() if kept.person == number]
                if self.runs[console].undone and not any(order.index(run) >= order.index(console) for run in runs):
                    setattr(who, half, "")
                    del who.told[half]

    def _collect(self) -> None:
        """What imports made and nothing uses is gone."""
        used = {kept.person for kept in self.enrollments.values()}
        self.people = {one: who for one, who in self.people.items() if who.origin == "reference" or one in used}
        held = {kept.session for kept in self.enrollments.values()}
        self.sessions = {
            code: origin for code, origin in self.sessions.items() if origin == "reference" or code in held
        }

    # Reference data.

    def load_learners(self, rows: Sequence[tuple[str, str]]) -> int:
        """Load (e-mail, number) rows; the exit code."""
        bad = {row for row in rows if _is_contradicted(row, rows)}
        good = [row for row in rows if row not in bad]
        left_out = len([row for row in rows if row in bad])
        whole = list(dict.fromkeys(_paired(row, good) for row in good))
        # What is refused is so against what was there before the file.
        there = {one: replace(who) for one, who in self.people.items()}
        fit = [row for row in whole if self._fits(row, there)]
        refused = [row for row in whole if row not in fit]
        left_out += sum(_paired(row, good) in refused for row in good)
        if not fit:
            return 2
        for mail, number in fit:
            self._load_learner(mail, number)
        self.loaded.add("learners")
        return int(left_out > 0)

    def _fits(self, row: tuple[str, str], there: Mapping[int, Person]) -> bool:
        mail, number = row
        by_number = next((one for one, who in there.items() if number and who.number == number), None)
        by_mail = [one for one, who in there.items() if mail and who.mail == mail]
        if by_number is None and len(by_mail) > 1:
            return False
        if by_number is not None and len(by_mail) == 1 and by_mail[0] != by_number:
            two = there[by_number], there[by_mail[0]]
            if two[1].number or all(who.origin == "reference" for who in two):
                return False
            if self._clash(by_number, by_mail[0]):
                return False
        if by_number is None and number and len(by_mail) == 1 and there[by_mail[0]].number:
            return False
        if by_number is not None:
            who = there[by_number]
            told = who.origin == "reference" and "number" in who.told
            return not (told and mail and who.mail and who.mail != mail)
        return True

    def _load_learner(self, mail: str, number: str) -> None:
        by_number, by_mail = self._with("number", number) if number else [], self._with("mail", mail) if mail else []
        line = (by_number or by_mail[:1] or [self._number()])[0]
        if by_number and len(by_mail) == 1 and by_mail != by_number:
            stays, goes = by_number[0], by_mail[0]
            if self.people[goes].origin == "reference":
                stays, goes = goes, stays
            self._merge_people(goes, stays)
            line = stays
        who = self.people.setdefault(line, Person("", "", "reference"))
        for half, said in (("number", number), ("mail", mail)):
            if said:
                setattr(who, half, said)
                who.told.pop(half, None)
            elif who.origin == "import" and getattr(who, half) and who.run:
                who.told.setdefault(half, who.run)
        who.origin, who.run = "reference", ""

    def _clash(self, one: int, other: int) -> bool:
        pairs = [
            (first, second)
            for first in self.enrollments
            for second in self.enrollments
            if first < second
            and {self.enrollments[first].person, self.enrollments[second].person} == {one, other}
            and self.enrollments[first].session == self.enrollments[second].session
        ]
        return any(_contradict(self.enrollments[first], self.enrollments[second]) for first, second in pairs)

    def _merge_people(self, goes: int, stays: int) -> None:
        for kept in self.enrollments.values():
            kept.person = stays if kept.person == goes else kept.person
        self._make_one()
        del self.people[goes]

    def _make_one(self) -> None:
        """Of enrollments with one key the first stays, with the dates that only a later one was given."""
        seen: dict[tuple[int, str], int] = {}
        for number in sorted(self.enrollments):
            one = self.enrollments[number]
            first = seen.setdefault((one.person, one.session), number)
            if first != number:
                kept = self.enrollments[first]
                kept.enrolled, kept.completed = kept.enrolled or one.enrolled, kept.completed or one.completed
                del self.enrollments[number]

    def load_session(self, code: str) -> int:
        """Load a session of COURSE on DATE; the exit code."""
        made = [kept for kept in self.enrollments.values() if kept.session == MADE]
        ours = {kept.person: kept for kept in self.enrollments.values() if kept.session == code}
        if any(_contradict(*sorted([kept, ours[kept.person]], key=self._age)) for kept in made if kept.person in ours):
            return 2
        self.sessions[code] = "reference"
        self.loaded.add("sessions")
        if self.sessions.get(MADE) == "import":
            for kept in made:
                kept.session = code
            self._make_one()
            del self.sessions[MADE]
        for case in self.cases.values():
            case.session = code if case.session == MADE else case.session
        return 0

    def _age(self, one: Enrollment) -> int:
        return next(number for number, kept in self.enrollments.items() if kept is one)

    def forget(self, kind: str) -> int:
        """Forget the loaded learners or sessions; the exit code."""
        if kind not in self.loaded:
            return 2
        self.loaded.remove(kind)
        if kind == "learners":
            for who in self.people.values():
                who.origin = "import"
        else:
            self.sessions = dict.fromkeys(self.sessions, "import")
        self._collect()
        return 0


def cells_of(row: Row) -> tuple[str, ...]:
    """The row as a sheet has it: e-mail, number, session, course, date, status, grade, enrolled, completed."""
    course, date = ("", "") if row.session else (COURSE, DATE)
    status = row.status.replace("_", " ")
    return row.mail, row.number, row.session, course, date, status, row.grade, row.enrolled, row.completed


def _winner(rows: Sequence[Row], rule: str) -> Row:
    if rule == "best":
        return max(reversed(rows), key=lambda row: (FARTHER[row.status], row.completed, row.enrolled))
    return rows[0] if rule == "first" else rows[-1]


def _is_better(row: Row, completed: str, there: Enrollment) -> bool:
    further = FARTHER[row.status] - FARTHER[there.status]
    if further:
        return further > 0
    here, was = (completed, there.completed) if completed else (row.enrolled, there.enrolled)
    return bool(here) and here > was


def _contradict(first: Enrollment, later: Enrollment) -> bool:
    """The one that was loaded later says something else: a blank says nothing, a default date is not compared."""
    dates = [(first.enrolled, later.enrolled), (first.completed, later.completed)]
    return (
        first.status != later.status
        or bool(later.grade and later.grade != first.grade)
        or any(one and other and one != other for one, other in dates)
    )


def _is_contradicted(row: tuple[str, str], rows: Sequence[tuple[str, str]]) -> bool:
    """An e-mail with two numbers, a number with two e-mails: every row that bears it, of e-mails first."""
    mails = {mail for mail, _ in rows if mail and len({n for m, n in rows if m == mail and n}) > 1}
    left = [one for one in rows if one[0] not in mails]
    numbers = {number for _, number in left if number and len({m for m, n in left if n == number and m}) > 1}
    return row[0] in mails or row[1] in numbers


def _paired(row: tuple[str, str], rows: Sequence[tuple[str, str]]) -> tuple[str, str]:
    mail, number = row
    both = [pair for pair in rows if all(pair)]
    return next((pair for pair in both if pair[0] == mail or pair[1] == number), row)
