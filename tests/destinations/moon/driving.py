"""Rows on their way to a Moon ERP of the tests, as a run sends them: looked up, recorded, written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from destinations.http.json_client import JsonApi
from destinations.moon.target import MoonTarget, moon_target
from destinations.row_target import Known, RowVerdict
from ledger.remote.outbox import Delivery
from ledger.remote.writes import Write
from rollbook.options import OnExisting
from rollbook.rows.outcomes import TAKEN, UNCHANGED
from rollbook.settings import MoonSettings
from tests.servers.moon import Enrollment, MoonServer

T = TypeVar("T")
QUICK = {"timeout": 5.0, "tries": 4, "pause": 0.002, "answer_mib": 1, "page_size": 100}


def settings_for(server: MoonServer, **terms: Any) -> MoonSettings:
    """Settings with short pauses."""
    return MoonSettings(url=server.url, **{**QUICK, **terms})


def target_of(server: MoonServer, **terms: Any) -> MoonTarget:
    """The target; a context manager."""
    return moon_target(settings_for(server, **terms), server.token)


def row(number: str = "EMP-0001", session: object = 302, status: str = "attended", **more: Any) -> Delivery:
    """A row about an employee (by number, '' for none; `learner_email=` beside) in a session."""
    usual: dict[str, Any] = dict.fromkeys(Delivery._fields)
    keys = {"batch_no": 1, "block_no": 1, "part_id": 1, "row_no": 1, "col_no": 0, "state": "pending"}
    texts = {"learner_email": "", "learner_employee_id": number, "session_id": str(session), "status": status}
    return Delivery(**{**usual, **keys, **texts, "source_file": "a.xlsx", "source_sheet": "1", **more})


def each(do: Callable[[T], None], items: Iterable[T]) -> None:
    """One after the other."""
    for item in items:
        do(item)


@dataclass
class Ledger:
    """What the ledger remembers between runs. done: what was confirmed, in order."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)
    begun: dict[str, Write] = field(default_factory=dict)
    done: list[Write] = field(default_factory=list)

    def settle(self, key: str | None, verdict: RowVerdict, *, was_planned: bool) -> None:
        """Take note of a verdict as the ledger does: a refusal is forgotten but for what was made."""
        write = self.begun.get(key or "")
        if key is None or write is None:
            return
        if verdict.state in TAKEN and not (was_planned and verdict.state == UNCHANGED):
            self.done.append(self.begun.pop(key))
        elif verdict.target_id is None or verdict.state == UNCHANGED:
            del self.begun[key]
        else:
            self.begun[key] = Write(key, verdict.target_id, write.creates, write.former, write.content)


def carry(
    target: MoonTarget, rows: Sequence[Delivery], on_existing: OnExisting = "reject", ledger: Ledger | None = None
) -> list[RowVerdict]:
    """The verdicts of rows of a batch, of which no two are about the same; may raise as the target does."""
    ledger = Ledger() if ledger is None else ledger
    known = Known({name: ledger.known[name] for name in target.codes(rows) if name in ledger.known})
    try:
        target.prepare(rows, known, each)
    finally:
        ledger.known = {name: text for name, text in ledger.known.items() if name not in known.gone} | known.found
    verdicts: dict[int, RowVerdict] = {}
    while left := [at for at in range(len(rows)) if at not in verdicts]:
        verdicts |= _round(target, {at: rows[at] for at in left}, on_existing, ledger)
    return [verdicts[at] for at in range(len(rows))]


def _round(
    target: MoonTarget, rows: Mapping[int, Delivery], on_existing: OnExisting, ledger: Ledger
) -> dict[int, RowVerdict]:
    """Look at all, then write; without those that are to be looked at again."""
    keys = {at: target.key(one) for at, one in rows.items()}
    looked = {at: target.look(one, ledger.begun.get(keys[at] or ""), on_existing) for at, one in rows.items()}
    verdicts: dict[int, RowVerdict] = {}
    for at, found in looked.items():
        if isinstance(found, Write):
            assert found.key == keys[at]
            ledger.begun[found.key] = found
        elif found is not None:
            verdicts[at] = found
            ledger.settle(keys[at], found, was_planned=False)
    for at, found in looked.items():
        if isinstance(found, Write):
            verdict = target.write(rows[at], found)
            if verdict is None:
                del ledger.begun[found.key]
            else:
                verdicts[at] = verdict
                ledger.settle(keys[at], verdict, was_planned=True)
    return verdicts


def look_at(
    server: MoonServer, one: Delivery, begun: Write | None = None, on_existing: OnExisting = "reject"
) -> RowVerdict | Write | None:
    """What a run that begins now sees of a row."""
    with target_of(server) as target:
        target.prepare([one], Known(), each)
        return target.look(one, begun, on_existing)


def carry_one(server: MoonServer, one: Delivery, on_existing: OnExisting = "reject", **terms: Any) -> RowVerdict:
    """The verdict of a row by itself."""
    with target_of(server, **terms) as target:
        return carry(target, [one], on_existing)[0]


def content_of(held: Enrollment | None) -> Mapping[str, Any] | None:
    """What an enrollment of the server holds, or None."""
    if held is None or held.deleted:
        return None
    return {name: getattr(held, name) for name in ("status", "attendance_confirmed", "score", "feedback")}


@contextmanager
def api_of(server: MoonServer, **terms: Any) -> Any:
    """The wire to the server."""
    from destinations.moon.target import moon_wire

    with JsonApi(moon_wire(settings_for(server, **terms), server.token)) as api:
        yield api
