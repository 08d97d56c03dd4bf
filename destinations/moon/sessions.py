"""Moon ERP's training sessions as rows name them: by Moon ERP's own ID."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from destinations.http.json_client import Answer, JsonApi, NotAnswered
from destinations.moon import codes
from destinations.moon.answers import SESSIONS, SYSTEM, demand_list, words
from destinations.moon.records import Id, id_of
from destinations.row_target import Each, RowVerdict
from ledger.remote.outbox import Delivery
from rollbook.outcomes import FAILED


class Session(NamedTuple):
    """A session. seats: how many may be enrolled; None: no end."""

    id: Id
    seats: int | None


class Sessions:
    """Each session is read once a run."""

    def __init__(self, api: JsonApi) -> None:
        self._api = api
        self._read: dict[str, Session | RowVerdict] = {}
        self._is_place_known = False

    def learn(self, rows: Sequence[Delivery], each: Each[Any]) -> None:
        """Read those of the rows that were not read yet."""
        each(self._ask, [code for code in dict.fromkeys(row.session_id for row in rows) if code not in self._read])

    def of(self, row: Delivery) -> Session | RowVerdict:
        """The row's session, or why there is none."""
        return self._read.get(row.session_id) or _failed(codes.SESSION_UNKNOWN, "the row names no session")

    def seats(self, session: Id) -> int | None:
        """How many may be enrolled in a session that was read."""
        found = self._read.get(str(session))
        return found.seats if isinstance(found, Session) else None

    def _ask(self, code: str) -> None:
        if code.strip("."):  # else the path would lead elsewhere
            self._read[code] = self._judge(code, self._api.read("GET", f"{SESSIONS}/{quote(code, safe='')}"))

    def _judge(self, code: str, answer: Answer) -> Session | RowVerdict:
        if answer.status == HTTPStatus.NOT_FOUND:
            if not self._is_place_known:
                demand_list(self._api, SESSIONS)
                self._is_place_known = True
            return _failed(codes.SESSION_UNKNOWN, words(self._api, answer))
        if answer.status != HTTPStatus.OK:
            return _failed(codes.REFUSED, words(self._api, answer))
        record = answer.content.get("data") if isinstance(answer.content, dict) else None
        number = id_of(record) if isinstance(record, dict) else None
        if number is None or not isinstance(record, dict):
            raise NotAnswered(SYSTEM, "a training session has another form than is known", doubtful=False)
        if str(number) != code:  # the database behind takes `007` and `7abc` for 7
            return _failed(codes.SESSION_UNKNOWN, f"the session that is found so has another ID, {number}")
        return Session(number, whole(record.get("max_participants")))


def whole(value: object) -> int | None:
    """A number of seats, told as a number or as text; None where there is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _failed(code: str, message: str) -> RowVerdict:
    return RowVerdict(FAILED, code, message)
