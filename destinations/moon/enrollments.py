"""Enrollments over the wire: found, made and changed, and what is in doubt is read before it is sent again."""

from collections.abc import Mapping
from http import HTTPStatus
from itertools import count
from typing import NamedTuple, NoReturn
from urllib.parse import quote

from destinations.http.json_client import Answer, InDoubt, JsonApi, NotAnswered
from destinations.moon.answers import ENROLLMENTS, SYSTEM, Record, RequestRefused, read_list, words
from destinations.moon.records import Held, Id, Pair, body, differing, held_of
from destinations.moon.rosters import best_of
from rollbook.errors import Stopped


class Made(NamedTuple):
    """What a POST came to. held: what is there now; None: it was refused. is_ours: whether our POST made it.

    refusal: the answer that said no.
    """

    held: Held | None
    is_ours: bool
    refusal: Answer | None = None


class Enrollments:
    """Calls that may come from many threads at once, but about one pair from one thread at a time.

    Raise Stopped where nothing more can be done: what was begun is found out by the next run.
    """

    def __init__(self, api: JsonApi, tries: int, page_size: int) -> None:
        self._api, self._tries, self._page_size = api, tries, page_size

    def find(self, pair: Pair) -> Held | None:
        """What is held of a pair: of several the one that is not cancelled, else the latest."""
        wanted = {"training_session_id": pair.session, "employee_id": pair.employee}
        rows = self._rows(wanted)
        found = [_held(row) for row in rows if _is_of(row, wanted)]
        return best_of(found) if found else None

    def of_session(self, session: Id) -> list[Record]:
        """All enrollments of a session."""
        wanted = {"training_session_id": session}
        rows = [row for row in self._rows(wanted) if _is_of(row, wanted)]
        for row in rows:
            _held(row)
        return rows

    def make(self, pair: Pair) -> Made:
        """Enroll an employee in a session of whom no enrollment was found."""
        is_doubtful = False
        for number in count(1):
            try:
                answer = self._api.write("POST", ENROLLMENTS, json=_new(pair))
            except InDoubt as error:
                is_doubtful, what = True, error.what
            else:
                if answer.status >= 400:
                    held = self.find(pair)
                    return Made(held, held is not None and is_doubtful and held.is_bare, answer)
                held = _shown(answer, pair)
                if held:
                    return Made(held, is_ours=True)
                is_doubtful, what = True, "the answer to an enrollment shows none"
            self._api.pause(number)
            held = self.find(pair)
            if held:
                return Made(held, held.is_bare)
            if number >= self._tries:
                _give_up(what, number)
        raise AssertionError("unreachable")

    def change(self, pair: Pair, held: Held, wanted: Mapping[str, str | None]) -> Held | Answer | None:
        """Write fields of an enrollment: what it holds then, the answer that said no, or None: it is gone.

        wanted: of CONTENT; None blanks a field. The other fields are sent as they are held.
        """
        for number in count(1):
            try:
                answer = self._api.write("PUT", f"{ENROLLMENTS}/{quote(held.id, safe='')}", json=body(held, wanted))
            except InDoubt as error:
                self._api.pause(number)
                found = self.find(pair)
                if found is None or not differing(found, wanted):
                    return found
                if number >= self._tries:
                    _give_up(error.what, number)
                held = found
                continue
            if answer.status == HTTPStatus.NOT_FOUND and self.find(pair) is None:
                return None
            if answer.status >= 400:
                return answer
            shown = _shown(answer, pair)
            return shown if shown and not differing(shown, wanted) else self.find(pair)
        raise AssertionError("unreachable")

    def _rows(self, query: Mapping[str, Id]) -> list[Record]:
        """The rows of a list that any token may ask for: a refusal concerns all rows alike."""
        try:
            return read_list(self._api, ENROLLMENTS, query, self._page_size)
        except RequestRefused as refused:
            told = f"{SYSTEM} does not show its enrollments ({refused})."
            raise Stopped(f"{told} Fix this, then continue with `rollbook resume`.") from None

    def refusal(self, answer: Answer) -> str:
        """What a refusal says, for people."""
        return words(self._api, answer)


def _new(pair: Pair) -> dict[str, Id]:
    return {"training_session_id": pair.session, "employee_id": pair.employee}


def _held(row: Record) -> Held:
    held = held_of(row)
    if held is None:
        raise NotAnswered(SYSTEM, "an enrollment has another form than is known", doubtful=False)
    return held


def _is_of(row: Record, wanted: Mapping[str, Id]) -> bool:
    """A filter that is not understood shows everything; IDs may be told as numbers here and as texts there."""
    return all(str(row.get(name)) == str(number) for name, number in wanted.items())


def _shown(answer: Answer, pair: Pair) -> Held | None:
    """The enrollment in the answer to a write, if it is one and about this pair."""
    record = answer.content.get("data") if isinstance(answer.content, dict) else None
    return held_of(record) if isinstance(record, dict) and _is_of(record, _new(pair)) else None


def _give_up(what: str, tries: int) -> NoReturn:
    raise NotAnswered(SYSTEM, f"{what} (after {tries} tries)" if tries > 1 else what, doubtful=True)
