"""Moon ERP as a target: training enrollments, read session by session, made by POST and written by PUT."""

import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

from destinations.http.json_client import Answer, ApiWire, JsonApi, check_url
from destinations.moon import codes
from destinations.moon.answers import SYSTEM, wrong_fields
from destinations.moon.deciding import decide, is_of
from destinations.moon.employees import People, names
from destinations.moon.enrollments import Enrollments
from destinations.moon.records import Held, Pair, describe_differences, differing, pair_of, said
from destinations.moon.rosters import Roster
from destinations.moon.sessions import Sessions, stale_since
from destinations.row_target import Each, Known, RowVerdict
from ledger.remote.outbox import Delivery
from ledger.remote.writes import Write
from rollbook.errors import CannotBegin
from rollbook.options import OnExisting
from rollbook.rows.outcomes import FAILED, LOADED, UPDATED
from rollbook.rows.statuses import CANCELLED
from rollbook.settings import MoonSettings

_EXAMPLE = "https://moon-erp.example/api"
_CREDENTIALS = "Set ROLLBOOK_MOON_TOKEN to a token that may read and write training enrollments."
_GONE = "The enrollment is not there any more."


def moon_wire(settings: MoonSettings, token: str) -> ApiWire:
    """The wire to Moon ERP, for a target or the directory; raises CannotBegin where address or token are none."""
    url = (settings.url or "").rstrip("/")
    check_url(url, SYSTEM, _EXAMPLE)
    if not token.strip():
        raise CannotBegin(f"{SYSTEM}'s token is blank. {_CREDENTIALS}")
    return ApiWire(
        system=SYSTEM,
        url=url,
        headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"},
        secrets=(token, token.partition("|")[2]),  # Sanctum's: a number, and behind the stroke what is secret
        credentials=_CREDENTIALS,
        timeout=settings.timeout,
        tries=settings.tries,
        pause=settings.pause,
        most_bytes=settings.answer_mib * 2**20,
        at_once=settings.at_once,
    )


def moon_target(settings: MoonSettings, token: str) -> "MoonTarget":
    """Moon ERP, ready to be reached; raises CannotBegin."""
    return MoonTarget(moon_wire(settings, token), settings.page_size)


class MoonTarget:
    """Moon ERP during one run; see `destinations.row_target.Target`. page_size: rows of a page of a list."""

    def __init__(self, wire: ApiWire, page_size: int) -> None:
        self._api = JsonApi(wire)
        self._people = People(self._api, page_size)
        self._enrollments = Enrollments(self._api, wire.tries, page_size)
        self._sessions = Sessions(self._api, self._enrollments)
        self._planned: dict[str, _Plan] = {}
        self._looked_again: set[str] = set()
        self.known = Known()

    def __enter__(self) -> Self:
        self._api.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.__exit__(kind, error, trace)

    def codes(self, rows: Sequence[Delivery]) -> Iterable[tuple[str, str]]:
        """(kind, code) of the employees that the rows name; sessions have their ID in the sheet."""
        return names(rows)

    def prepare(self, rows: Sequence[Delivery], known: Known, each: Each[Any]) -> None:
        """Find the employees that are not known yet, and read the sessions with their enrollments."""
        self._planned.clear()
        self._looked_again.clear()
        self.known = known
        self._people.learn(rows, known, each)
        self._sessions.learn(rows, each)

    def key(self, row: Delivery) -> str | None:
        """Session and employee; None where one of them is unknown."""
        pair = self._pair(row)
        return pair.key if isinstance(pair, Pair) else None

    def lane(self, row: Delivery) -> Hashable:
        """Each row by itself: who gets the last seats is decided by `look`, in file order."""
        return row.batch_no, row.block_no

    def look(self, row: Delivery, begun: Write | None, on_existing: OnExisting) -> RowVerdict | Write | None:
        """See `Target.look`. A row that needs a seat is planned while seats are left."""
        pair = self._pair(row)
        if isinstance(pair, RowVerdict):
            return pair
        roster = self._sessions.roster(pair.session)
        held, content = roster.find(pair.employee), said(row)
        if held is None:
            found: RowVerdict | Write = Write(pair.key, None, creates=True, former={}, content=content)
        else:
            found = decide(pair.key, held, content, begun, on_existing)
        if isinstance(found, RowVerdict):
            return self._clean(found)
        seat = _Seat.of(held, content)
        has_seat = seat.reserve(roster)
        if has_seat is None:
            return None
        if not has_seat and begun is None:  # what was begun may be there in spite of what is shown
            return _full(roster)
        self._planned[pair.key] = _Plan(roster, held, seat if has_seat else _Seat())
        return found

    def write(self, row: Delivery, write: Write) -> RowVerdict | None:
        """See `Target.write`."""
        pair = pair_of(write.key)
        plan = self._planned.pop(write.key)
        try:
            if plan.held is None:
                return self._make(row, pair, plan.roster, write)
            held = self._fresh(pair, plan.roster, plan.held)
            if held is None:
                return RowVerdict(FAILED, codes.GONE, _GONE)
            if held != plan.held and write.key not in self._looked_again:
                self._looked_again.add(write.key)
                return None
            return self._change(pair, plan.roster, held, write)
        finally:
            plan.seat.release(plan.roster)

    def take_back(self, write: Write) -> str | None:
        """See `Target.take_back`: what we made is cancelled, for nothing can be deleted."""
        pair = pair_of(write.key)
        held = self._enrollments.find(pair)
        if held is None:
            return None if write.creates else _GONE
        wanted: Mapping[str, str | None] = {"status": CANCELLED} if write.creates else write.former
        if not differing(held, wanted):
            return None
        if differing(held, write.content) and not (write.creates and is_of(held, write.content)):
            return self._api.scrub(f"It was changed since: {describe_differences(held, write.content)}.")
        return self._put_back(pair, held, wanted)

    def _fresh(self, pair: Pair, roster: Roster, held: Held) -> Held | None:
        """What is held right before it is overwritten: what was read just now, else read anew."""
        since = stale_since()
        if roster.read_at >= since:
            return held
        self._sessions.renew(roster, since)
        return roster.find(pair.employee) or self._enrollments.find(pair)

    def _pair(self, row: Delivery) -> Pair | RowVerdict:
        session = self._sessions.of(row)
        if isinstance(session, RowVerdict):
            return session
        employee = self._people.of(row)
        return employee if isinstance(employee, RowVerdict) else Pair(session.id, employee)

    def _make(self, row: Delivery, pair: Pair, roster: Roster, write: Write) -> RowVerdict | None:
        made = self._enrollments.make(pair)
        if made.held is None:
            assert made.refusal is not None
            return self._not_made(row, roster, made.refusal)
        roster.note(pair.employee, made.held)
        return self._change(pair, roster, made.held, write) if made.is_ours else None

    def _change(self, pair: Pair, roster: Roster, held: Held, write: Write) -> RowVerdict:
        """Write what the row says, unless it is there: after a refusal, what we made is on record as ours."""
        ours = held.id if write.creates else None
        after = self._enrollments.change(pair, held, write.content) if differing(held, write.content) else held
        if isinstance(after, Answer):
            takes_seat = _Seat.of(held, write.content).takes
            code, message = self._why(roster, after, takes_seat=takes_seat)
            return RowVerdict(FAILED, code, message, ours, _blamed(code, after))
        roster.note(pair.employee, after)
        if after is None:
            return RowVerdict(FAILED, codes.GONE, _GONE)
        if differing(after, write.content):
            message = self._api.scrub(describe_differences(after, write.content))
            field = codes.FIELDS[differing(after, write.content)[0]][0]
            return RowVerdict(FAILED, codes.NOT_KEPT, message, after.id, field)
        return RowVerdict(LOADED if write.creates else UPDATED, target_id=after.id)

    def _not_made(self, row: Delivery, roster: Roster, refusal: Answer) -> RowVerdict:
        code, message = self._why(roster, refusal, takes_seat=True)
        if code == codes.REFUSED:
            self._people.doubt(row)
        field = _blamed(code, refusal)
        by_mail = field == codes.LEARNER[0] and not row.learner_employee_id
        return RowVerdict(FAILED, code, message, field=codes.LEARNER[1] if by_mail else field)

    def _why(self, roster: Roster, refusal: Answer, *, takes_seat: bool) -> tuple[str, str]:
        """The code and the words of a refusal. What a full session answers is not known: its seats are counted."""
        if takes_seat and roster.seats is not None:
            self._sessions.renew(roster, time.monotonic())
            if roster.is_full():
                return codes.SESSION_FULL, _seats_taken(roster)
        return codes.REFUSED, self._enrollments.refusal(refusal)

    def _put_back(self, pair: Pair, held: Held, wanted: Mapping[str, str | None]) -> str | None:
        after = self._enrollments.change(pair, held, wanted)
        blanks = {name for name, text in wanted.items() if text is None}
        if isinstance(after, Answer):
            refused = wrong_fields(after) & blanks or blanks
            rest = {name: text for name, text in wanted.items() if name not in refused}
            if refused and rest and differing(held, rest):
                after = self._enrollments.change(pair, held, rest)
        if isinstance(after, Answer):
            return f"{SYSTEM} refuses it. {self._enrollments.refusal(after)}"
        if after is None:
            return _GONE
        left = differing(after, wanted)
        names_left = ", ".join(codes.FIELDS[name][0] for name in left)
        return f"{names_left} cannot be put back and stays: {SYSTEM} does not take it." if left else None

    def _clean(self, verdict: RowVerdict) -> RowVerdict:
        """What is held may be anybody's text."""
        return verdict._replace(message=self._api.scrub(verdict.message)) if verdict.message else verdict


class _Seat(NamedTuple):
    """What a write does to the seats of its session."""

    takes: bool = False
    leaves: bool = False

    @classmethod
    def of(cls, held: Held | None, content: Mapping[str, str]) -> "_Seat":
        """Of a write to what is held. What is made takes a seat, even if it is cancelled then."""
        status = content.get("status")
        has_seat = held is not None and held.takes_seat
        return cls(
            takes=held is None or (not has_seat and status not in (None, CANCELLED)),
            leaves=status == CANCELLED and (held is None or has_seat),
        )

    def reserve(self, roster: Roster) -> bool | None:
        """See `Roster.reserve`."""
        return roster.reserve(takes=self.takes, leaves=self.leaves)

    def release(self, roster: Roster) -> None:
        """See `Roster.release`."""
        roster.release(took=self.takes, left=self.leaves)


class _Plan(NamedTuple):
    """What `look` saw of a row that is to be written."""

    roster: Roster
    held: Held | None
    seat: _Seat


def _full(roster: Roster) -> RowVerdict:
    return RowVerdict(FAILED, codes.SESSION_FULL, _seats_taken(roster), field="session_id")


def _seats_taken(roster: Roster) -> str:
    return f"{roster.taken} of {roster.seats} seats are taken"


def _blamed(code: str, refusal: Answer) -> str | None:
    """The field of ours that a refusal finds fault with first, in the order of the table; of a full session its own."""
    if code != codes.REFUSED:
        return codes.CODES[code].fields[0]
    wrong = wrong_fields(refusal)
    return next((fields[0] for name, fields in codes.FIELDS.items() if name in wrong), None)
