"""Moon ERP's training sessions as rows name them, by Moon ERP's own ID, with who is enrolled in them."""

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from destinations.http.json_client import Answer, JsonApi, NotAnswered
from destinations.moon import codes
from destinations.moon.answers import SESSIONS, SYSTEM, Record, demand_list, words
from destinations.moon.enrollments import Enrollments
from destinations.moon.records import Id, id_of
from destinations.moon.rosters import Roster, enrollments_in
from destinations.row_target import Each, RowVerdict
from ledger.remote.outbox import Delivery
from rollbook.rows.outcomes import FAILED

# For so long what was read of a session is taken for what is there: another batch does not read it anew, and what
# exists is overwritten without another look.
FRESH_SECONDS = 2.0


class Sessions:
    """The sessions of a batch, each read with its enrollments by one request."""

    def __init__(self, api: JsonApi, enrollments: Enrollments) -> None:
        self._api, self._enrollments = api, enrollments
        self._read: dict[str, Roster | RowVerdict] = {}
        self._is_place_known = False

    def learn(self, rows: Sequence[Delivery], each: Each[Any]) -> None:
        """Read those of the rows that were not read just now."""
        wanted = dict.fromkeys(row.session_id for row in rows)
        self._read = {code: self._read[code] for code in wanted if self._is_fresh(code)}
        each(self._ask, [code for code in wanted if code not in self._read])

    def of(self, row: Delivery) -> Roster | RowVerdict:
        """The row's session, or why there is none."""
        return self._read.get(row.session_id) or _failed(codes.SESSION_UNKNOWN, "the row names no session")

    def roster(self, session: Id) -> Roster:
        """A session of the batch."""
        found = self._read[str(session)]
        assert isinstance(found, Roster)
        return found

    def renew(self, roster: Roster, since: float) -> None:
        """Read a session anew, unless that was done since then (monotonic seconds)."""
        with roster.reading:
            if roster.read_at >= since:
                return
            noted, began = roster.notes(), time.monotonic()
            found = self._session(str(roster.id))
            if isinstance(found, dict):  # else the session is gone: what is written next is told so
                roster.renew(whole(found.get("max_participants")), self._rows(roster.id, found), began, noted)

    def _is_fresh(self, code: str) -> bool:
        """Whether it need not be read anew. What is wrong with a session is asked for once a run."""
        found = self._read.get(code)
        return isinstance(found, RowVerdict) or (found is not None and found.read_at >= stale_since())

    def _ask(self, code: str) -> None:
        if not code.strip("."):  # the path would lead elsewhere
            return
        began = time.monotonic()
        found = self._session(code)
        if isinstance(found, RowVerdict):
            self._read[code] = found
            return
        number = id_of(found)
        assert number is not None
        self._read[code] = Roster(number, whole(found.get("max_participants")), self._rows(number, found), began)

    def _session(self, code: str) -> Record | RowVerdict:
        return self._judge(code, self._api.read("GET", f"{SESSIONS}/{quote(code, safe='')}"))

    def _rows(self, session: Id, record: Record) -> list[Record]:
        """The session's enrollments: it holds them, else its list does."""
        held = enrollments_in(record)
        return self._enrollments.of_session(session) if held is None else held

    def _judge(self, code: str, answer: Answer) -> Record | RowVerdict:
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
        return record


def stale_since() -> float:
    """What was read before this moment (monotonic seconds) is read anew before it is relied on."""
    return time.monotonic() - FRESH_SECONDS


def whole(value: object) -> int | None:
    """A number of seats, told as a number or as text; None where there is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _failed(code: str, message: str) -> RowVerdict:
    return RowVerdict(FAILED, code, message)
