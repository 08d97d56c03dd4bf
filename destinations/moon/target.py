"""Moon ERP as a target: training enrollments, looked up by session and employee, made by POST and written by PUT."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from destinations.http.json_client import Answer, ApiWire, JsonApi, check_url
from destinations.moon import codes
from destinations.moon.answers import SYSTEM, wrong_fields
from destinations.moon.deciding import decide, exists, is_of
from destinations.moon.employees import People, names
from destinations.moon.enrollments import Enrollments, Made
from destinations.moon.records import Held, Pair, describe_differences, differing, pair_of, said
from destinations.moon.sessions import Sessions
from destinations.row_target import Each, Known, RowVerdict
from ledger.remote.outbox import Delivery
from ledger.remote.writes import Write
from rollbook.errors import CannotBegin
from rollbook.options import OnExisting
from rollbook.outcomes import FAILED, LOADED, UPDATED
from rollbook.settings import MoonSettings
from rollbook.statuses import CANCELLED

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
        self._sessions = Sessions(self._api)
        self._enrollments = Enrollments(self._api, wire.tries, page_size)
        self._looked: dict[str, Held] = {}
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
        """Search for the employees that are not known yet, and read the sessions."""
        self._looked.clear()
        self.known = known
        self._people.learn(rows, known, each)
        self._sessions.learn(rows, each)

    def key(self, row: Delivery) -> str | None:
        """Session and employee; None where one of them is unknown."""
        pair = self._pair(row)
        return pair.key if isinstance(pair, Pair) else None

    def lane(self, row: Delivery) -> Hashable:
        """The session where its seats are counted, for they go in file order; else the row by itself."""
        pair = self._pair(row)
        if not isinstance(pair, Pair):
            return row.batch_no, row.block_no
        return ("seats", pair.session) if self._sessions.seats(pair.session) is not None else pair.key

    def look(self, row: Delivery, begun: Write | None, on_existing: OnExisting) -> RowVerdict | Write:
        """See `Target.look`."""
        pair = self._pair(row)
        if isinstance(pair, RowVerdict):
            return pair
        held = self._enrollments.find(pair)
        if held is None:
            self._looked.pop(pair.key, None)
            return Write(pair.key, None, creates=True, former={}, content=said(row))
        self._looked[pair.key] = held
        found = decide(pair.key, held, said(row), begun, on_existing)
        return self._clean(found) if isinstance(found, RowVerdict) else found

    def write(self, row: Delivery, write: Write) -> RowVerdict:
        """See `Target.write`."""
        pair = pair_of(write.key)
        held = self._looked.pop(write.key, None)
        if held is None and not (write.creates and write.target_id is None):
            held = self._enrollments.find(pair)
        if held is not None:
            return self._change(pair, held, write)
        if not write.creates:
            return RowVerdict(FAILED, codes.GONE, _GONE)
        made = self._enrollments.make(pair)
        if made.held is None:
            return self._not_made(row, pair, made)
        if not made.is_ours:
            return self._clean(exists(made.held, write.content))
        return self._change(pair, made.held, write)

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

    def _pair(self, row: Delivery) -> Pair | RowVerdict:
        session = self._sessions.of(row)
        if isinstance(session, RowVerdict):
            return session
        employee = self._people.of(row)
        return employee if isinstance(employee, RowVerdict) else Pair(session.id, employee)

    def _change(self, pair: Pair, held: Held, write: Write) -> RowVerdict:
        """Write what the row says, unless it is there: after a refusal, what we made is on record as ours."""
        ours = held.id if write.creates else None
        after = self._enrollments.change(pair, held, write.content) if differing(held, write.content) else held
        if after is None:
            return RowVerdict(FAILED, codes.GONE, _GONE)
        if isinstance(after, Answer):
            takes_seat = held.text("status") == CANCELLED != write.content.get("status")
            code, message = self._why(pair, after, takes_seat=takes_seat)
            return RowVerdict(FAILED, code, message, ours, _blamed(code, after))
        if differing(after, write.content):
            message = self._api.scrub(describe_differences(after, write.content))
            field = codes.FIELDS[differing(after, write.content)[0]][0]
            return RowVerdict(FAILED, codes.NOT_KEPT, message, after.id, field)
        return RowVerdict(LOADED if write.creates else UPDATED, target_id=after.id)

    def _not_made(self, row: Delivery, pair: Pair, made: Made) -> RowVerdict:
        assert made.refusal is not None
        code, message = self._why(pair, made.refusal, takes_seat=True)
        if code == codes.REFUSED:
            self._people.doubt(row)
        field = _blamed(code, made.refusal)
        by_mail = field == codes.LEARNER[0] and not row.learner_employee_id
        return RowVerdict(FAILED, code, message, field=codes.LEARNER[1] if by_mail else field)

    def _why(self, pair: Pair, refusal: Answer, *, takes_seat: bool) -> tuple[str, str]:
        """The code and the words of a refusal. What a full session answers is not known: its seats are counted."""
        seats = self._sessions.seats(pair.session) if takes_seat else None
        if seats is not None:
            taken = self._enrollments.seats_taken(pair.session)
            if taken >= seats:
                return codes.SESSION_FULL, f"{taken} of {seats} seats are taken"
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


def _blamed(code: str, refusal: Answer) -> str | None:
    """The field of ours that a refusal finds fault with first, in the order of the table; of a full session its own."""
    if code != codes.REFUSED:
        return codes.CODES[code].fields[0]
    wrong = wrong_fields(refusal)
    return next((fields[0] for name, fields in codes.FIELDS.items() if name in wrong), None)
