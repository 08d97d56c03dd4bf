"""However aXcelerate answers and misbehaves: verdicts are what it holds, nothing is sent twice, nothing astray."""

from datetime import date
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from destinations.row_target import Known, RowVerdict
from ledger.remote.outbox import Delivery
from ledger.remote.writes import Write
from rollbook.errors import Unavailable
from rollbook.options import OnExisting
from rollbook.rows.outcomes import TAKEN
from tests.destinations.axcelerate.rows import END, OUTCOME, OVERRIDE, START, module_row, plan, row, target_for, write
from tests.servers.axcelerate import (
    ODD_DISPLAYS,
    AxcelerateServer,
    Enrolment,
    Misbehaviour,
    Module,
    Style,
    axcelerate_server,
    called,
    sample,
)
from tests.servers.axcelerate_state import midnight

DAYS = (date(2023, 1, 31), date(2023, 5, 4), date(2023, 12, 5))
STYLES = st.builds(
    Style,
    error_keys=st.sampled_from(["lower", "upper"]),
    error_status=st.sampled_from(["own", "200"]),
    unknown=st.sampled_from([412, 404]),
    empty=st.sampled_from(["array", "204"]),
    blank=st.sampled_from(["", None]),
    ids=st.sampled_from(["number", "string"]),
    names=st.sampled_from(["exact", "any_case"]),
    ignored_body=st.sampled_from(["refused", "success"]),
    blank_field=st.sampled_from(["refused", "clears", "ignored"]),
    contact_key=st.sampled_from([None, "CONTACTID", "contactId"]),
    code_key=st.sampled_from(["CODE", "unitCode"]),
    needs_contact=st.booleans(),
    limit_most=st.sampled_from([None, 1, 2]),
    view_fields=st.sampled_from(["json", "comma", "either"]),
    in_most=st.sampled_from([None, 1, 2]),
    other_views=st.sampled_from(["refused", "500", "empty", "no columns"]),
    helpers=st.sampled_from(["given", "forbidden", "absent"]),
    report_fields=st.sampled_from([called(), called(**ODD_DISPLAYS)]),
    report_keys=st.sampled_from(["display", "name", "upper"]),
    report_dates=st.sampled_from(["%Y-%m-%d %H:%M", "%d/%m/%Y", "%m/%d/%Y %I:%M %p"]),
    report_errors=st.sampled_from(["own", "inside"]),
    rows_most=st.sampled_from([None, 1]),
    module_answer=st.sampled_from(["record", "array", "status", "204"]),
)
PASSING: tuple[Misbehaviour, ...] = (
    *("429", "429_bare", "500_before", "500_after", "html", "html_after", "drop_before", "drop_after"),
    *("late_before", "truncated", "cut", "garbage", "oversized", "paging_shifts"),
)
REFUSING: tuple[Misbehaviour, ...] = ("404", "412_in_200", "upper_case", "empty_204")
METHODS = st.sampled_from([None, "GET", "PUT", "POST"])
TROUBLE = st.tuples(
    st.lists(st.tuples(st.sampled_from(PASSING), METHODS), max_size=5),
    st.lists(st.tuples(st.sampled_from(REFUSING), METHODS), max_size=1),
)
UNITS = {"9001": "BSBWHS211", "9002": "BSBCMM211", "9003": "BSBTEC201"}


class Said(NamedTuple):
    """What a row says of a thing, and what is there."""

    contact: int
    unit: str | None  # None: the contact's first module
    by_code: bool
    said: dict[str, Any]
    held: dict[str, Any]


def content(outcome: st.SearchStrategy[Any], name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: outcome, START: st.sampled_from(DAYS), END: st.sampled_from(DAYS)})


OVERRIDES = {"unlocked": True, "locked": False, "clear": None}
OUTCOMES = st.sampled_from(["20", "30", "40", "70", "0"])
ROWS = st.lists(
    st.one_of(
        st.builds(
            Said,
            st.sampled_from([1001, 1002, 1003]),
            st.sampled_from(sorted(UNITS)),
            st.booleans(),
            content(OUTCOMES, OUTCOME).filter(bool),
            content(OUTCOMES, OUTCOME),
        ),
        st.builds(
            Said,
            st.sampled_from([1001, 1002, 1003]),
            st.none(),
            st.just(False),
            content(st.sampled_from(sorted(OVERRIDES)), OVERRIDE).filter(bool),
            content(st.sampled_from(sorted(OVERRIDES)), OVERRIDE),
        ),
    ),
    max_size=5,
    unique_by=lambda one: (one.contact, one.unit),
)


def there(server: AxcelerateServer, one: Said) -> Enrolment | Module:
    """What the row is about, on the server."""
    if one.unit is None:
        return next(module for module in server.state.modules.values() if module.contact_id == one.contact)
    found = server.state.unit(one.contact, 501, int(one.unit))
    assert found is not None
    return found


def shown(thing: Enrolment | Module) -> dict[str, Any]:
    """What the server holds of it, blanks left out."""
    words = {override: word for word, override in OVERRIDES.items()}
    first = {OUTCOME: thing.outcome or None} if isinstance(thing, Enrolment) else {OVERRIDE: words[thing.override]}
    days = {START: thing.starts and thing.starts.date(), END: thing.ends and thing.ends.date()}
    return {name: value for name, value in {**first, **days}.items() if value is not None}


def put(server: AxcelerateServer, one: Said) -> Delivery:
    """Set what is there, and give the row."""
    thing = there(server, one)
    if isinstance(thing, Enrolment):
        thing.outcome = one.held.get(OUTCOME, "")
    else:
        thing.override = OVERRIDES[one.held.get(OVERRIDE, "clear")]
    thing.starts, thing.ends = (midnight(one.held[name]) if name in one.held else None for name in (START, END))
    said = {name: value.isoformat() if isinstance(value, date) else value for name, value in one.said.items()}
    number = int(one.unit or 0) + one.contact
    if isinstance(thing, Enrolment):
        unit = UNITS[str(thing.id)].lower() if one.by_code else one.unit
        return row(number, contact_id=str(one.contact), unit_id=unit, **said)
    ids = {"module_enrolment_id": str(thing.id), "enrol_id": str(thing.enrol_id)}
    return module_row(number, contact_id=str(one.contact), **ids, **said)


def hides_modules(style: Style) -> bool:
    """Whether nothing tells which column of the report is which."""
    return style.helpers != "given" and style.report_keys == "display" and style.report_fields != called()


def expected(one: Said, on_existing: OnExisting, style: Style) -> str:
    """The state, told once more in other words."""
    if one.unit is None and hides_modules(style):
        return "failed"
    held = {name: value for name, value in one.held.items() if name != OVERRIDE}
    due = {name for name, value in one.said.items() if held.get(name) != value}
    if not due:
        return "unchanged"
    if one.unit is None:
        if not due & held.keys():
            return "loaded"
    elif one.held.get(OUTCOME) in (None, "0", "70", "85"):
        return "loaded" if OUTCOME in due else "updated"
    return "updated" if on_existing == "update" else "rejected"


class Carried:
    """Runs one after the other, with what the ledger would remember between them."""

    def __init__(self, server: AxcelerateServer, rows: list[Delivery], on_existing: OnExisting, **options: Any) -> None:
        self.server, self.rows, self.on_existing, self.options = server, rows, on_existing, options
        self.known, self.begun = Known(), dict[str, Write]()
        self.verdicts: dict[Delivery, RowVerdict] = {}

    def run(self) -> bool:
        """Whether it came to its end."""
        left = [one for one in self.rows if one not in self.verdicts]
        with target_for(self.server, answer_mib=1, **self.options) as target:
            try:
                found = plan(target, left, self.on_existing, self.begun, self.known)
                self.begun |= {told.key: told for told in found if isinstance(told, Write)}
                for one, told in zip(left, found, strict=True):
                    self.verdicts[one] = write(target, one, told) if isinstance(told, Write) else told
            except Unavailable:
                return False
        return True


@given(STYLES, TROUBLE, ROWS, st.sampled_from(["reject", "update"]), st.sampled_from([1, 3]), st.booleans())
def test_verdicts_are_what_the_server_holds(
    style: Style,
    trouble: tuple[list[tuple[Misbehaviour, str | None]], list[tuple[Misbehaviour, str | None]]],
    said: list[Said],
    on_existing: OnExisting,
    at_once: int,
    whole_classes: bool,
) -> None:
    """A run that is broken off is finished by the next; a further one only reads; a refusal leaves what was there."""
    passing, refusing = trouble
    with axcelerate_server(style=style, state=sample(3), oversize=1_100_000, late=0.0) as server:
        rows = [put(server, one) for one in said]
        before = [shown(there(server, one)) for one in said]
        for kind, method in (*passing, *refusing):
            server.misbehave(kind, method=method)
        carried = Carried(server, rows, on_existing, at_once=at_once, whole_classes=whole_classes)
        for _ in range(4):
            if carried.run():
                break
        else:
            raise AssertionError("it never came to an end")
        for one, sent, held in zip(said, rows, before, strict=True):
            told = carried.verdicts[sent]
            wanted = expected(one, on_existing, style)
            assert told.state == wanted or (refusing and told.state == "failed"), (told, wanted)
            now = shown(there(server, one))
            assert now == ({**held, **one.said} if told.state in TAKEN else held)
        written, taken = len(server.writes), [one for one in rows if carried.verdicts[one].state in TAKEN]
        server._to_come.clear()
        again = Carried(server, taken, "reject", whole_classes=whole_classes)
        again.known = carried.known
        assert again.run()
        assert {verdict.state for verdict in again.verdicts.values()} <= {"unchanged"}
        assert len(server.writes) == written
        assert not server.double_sends
        assert not server.unknown_fields


@given(STYLES, st.lists(st.sampled_from(PASSING), max_size=3), ROWS.filter(bool))
def test_what_is_taken_back_is_as_it_was_or_told(style: Style, passing: list[Misbehaviour], said: list[Said]) -> None:
    """A field that stays is named; what is not named is as before."""
    with axcelerate_server(style=style, state=sample(3), oversize=1_100_000, late=0.0) as server:
        rows = [put(server, one) for one in said]
        before = [shown(there(server, one)) for one in said]
        carried = Carried(server, rows, "update", at_once=1)
        assert carried.run()
        server.misbehave(*passing)
        for one, held in zip(said, before, strict=True):
            with target_for(server, answer_mib=1) as target:
                target.known = carried.known
                made = [write for write in carried.begun.values() if is_of(write, one, server)]
                reasons = [target.take_back(write) for write in made]
            now = shown(there(server, one))
            stays = {name for name in {**now, **held} if now.get(name) != held.get(name)}
            assert all(any(name in (reason or "") for reason in reasons) for name in stays), (stays, reasons)
        assert not server.unknown_fields


def is_of(write: Write, one: Said, server: AxcelerateServer) -> bool:
    thing = there(server, one)
    return write.target_id == str(thing.id) and str(one.contact) in write.key.split(":")
