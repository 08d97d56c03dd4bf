"""The inbox: failed rows by what is wrong with whose rows, and each group with what can be done about it."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from dashboard.charts import trend_bars
from dashboard.confirming import destination_of_group, unconfirmed
from dashboard.forms import MOST, Form, reason_of
from dashboard.guarding import OwnForm
from dashboard.rendering import desk_of, lead, show, who
from dashboard.repairs.failed_pages import known_run
from dashboard.wording import count, number, say, translated
from destinations.codes import MEANINGS
from ledger.browse.both_sides import CONFLICT, EXISTS
from ledger.browse.cases import CaseLine, lines
from ledger.browse.groups import (
    GLANCE,
    TABS,
    GroupLine,
    GroupValues,
    Value,
    first_cases,
    group,
    group_page,
    group_values,
    senders,
)
from ledger.browse.known_names import known_names
from pipeline.repairs.requests import CREATED_BY_RULE, FixKind, GroupFix
from reports.group_titles import title
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.rows.problems import Problem
from rollbook.rows.statuses import STATUSES

router = APIRouter()
TAB_NAMES = {
    "new": "New // rows",
    "open": "Open // rows",
    "waiting": "Waiting // rows",
    "ignored": "Ignored // rows",
    "fixed": "Fixed // rows",
}
CREATES = {
    "learner.unknown": "Create the missing learners",
    "group.unknown": "Create the missing groups",
    "course.unknown": "Create the missing courses",
    "session.unknown": "Create the missing sessions",
}
assert set(CREATES) == set(CREATED_BY_RULE)
_SIZE = 40
_EXAMPLES = 10
# Values that are offered to be mapped, one a line.
_LINES = 60
_MEANING = "means-"
# Whose values are right, each by itself.
_SIDES = (EXISTS, CONFLICT)
# What can be done with rows as they are, beside judging them again.
_AS_THEY_ARE: dict[str, tuple[FixKind, ...]] = {
    EXISTS: ("again", "update"),
    CONFLICT: ("again", "first", "last", "best"),
}


@router.get("/inbox")
def inbox(
    request: Request,
    tab: Annotated[str, Query()] = "open",
    sender: Annotated[str, Query(max_length=190)] = "",
    mine: Annotated[str, Query()] = "",
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Groups of failed rows, the largest first."""
    desk = desk_of(request)
    tab = tab if tab in TABS else "open"
    with desk.reading() as connection:
        found = group_page(
            connection,
            tab,
            now(),
            sender=sender or None,
            assignee=who(request) if mine else None,
            start=start,
            size=_SIZE,
        )
        offered = senders(connection)
    state = tab if tab in ("fixed", "ignored") else "open"
    return show(
        request,
        "inbox.html",
        page=found,
        lines=[(line, title_of(line, state), trend_bars(line.trend, _trend_told(line))) for line in found.lines],
        tab=tab,
        tabs={name: say(told) for name, told in TAB_NAMES.items()},
        sender=sender,
        senders=offered,
        mine=bool(mine),
        query=lambda **terms: _query(**{"tab": tab, "sender": sender, "mine": mine} | terms),
        before=max(start - _SIZE, 0) if start else None,
        after=start + _SIZE if start + _SIZE < found.total else None,
    )


def _query(**terms: Any) -> str:
    return urlencode({name: value for name, value in terms.items() if value and (name, value) != ("tab", "open")})


def title_of(line: GroupLine, state: str = "open") -> str:
    """What is wrong with the rows of a group in a state; a value is named only if all of them have it."""
    are_all = sum(value.cases for value in line.values) == line.cases_in(state)
    return _title(line, line.values if are_all else ())


def title_in(connection: Connection, line: GroupLine) -> str:
    """The same of a group by itself."""
    state = state_of(line)
    few = first_cases(connection, line.group_id, state, GLANCE)
    return _title(line, _all_of(group_values(connection, line, few, state)))


def _title(line: GroupLine, values: Sequence[Value]) -> str:
    """values: all that the group has; none where they are not known."""
    return translated(title(line.code, [value.text for value in values], MEANINGS.get(line.code)))


def _all_of(values: GroupValues) -> Sequence[Value]:
    return values.values if values.looked_at is None else ()


def state_of(line: GroupLine) -> str:
    """The state of the rows that a group's page shows."""
    return "open" if line.open_cases else "ignored" if line.ignored_cases else "fixed"


def _trend_told(line: GroupLine) -> str:
    return count(
        "{n} new rows in {nights} nights, {last} in the last",
        sum(line.trend),
        nights=len(line.trend),
        last=number(line.trend[-1]),
    )


@router.get("/inbox/{group_id:int}")
def show_group(request: Request, group_id: int, run: str = "", done: str = "") -> Response:
    """A group: its values, its first rows, and what can be done for all of them."""
    return _shown(request, group_id, run=run, done=done)


def _shown(request: Request, group_id: int, *, run: str = "", done: str = "", **also: Any) -> Response:
    desk = desk_of(request)
    with desk.reading() as connection:
        line = known_group(connection, group_id)
        state = state_of(line)
        first = first_cases(connection, group_id, state)
        values = group_values(connection, line, first, state)
        rows = list(lines(connection, first[:_EXAMPLES]))
        problems = _problems_of(line, rows)
        field = problems[0].field if problems else None
        picks = STATUSES if field == "status" else known_names(connection, field)
        imported = known_run(connection, run)
    listed = values.values[:_LINES]
    facts = {"fix": None, "rehearsed": None, "remember": False, "meanings": {}} | also
    return show(
        request,
        "group.html",
        line=line,
        title=_title(line, _all_of(values)),
        state=state,
        trend=trend_bars(line.trend, _trend_told(line)),
        values=values,
        listed=listed,
        field=None if line.code in _SIDES else field,
        picks=picks,
        guesses=_guesses(request, line, field, [value.text for value in listed]) if state == "open" else {},
        rows=rows,
        imported=imported,
        done=done,
        remedy=problems[0].remedy if problems else None,
        creates=CREATES.get(line.code),
        **facts,
    )


def _problems_of(line: GroupLine, rows: Sequence[CaseLine]) -> list[Problem]:
    """What is wrong with some rows of a group, as far as it is what the group is about."""
    wanted = (line.code, line.header)
    return [each for row in rows for each in row.problems if (each.code, each.header or "") == wanted]


def known_group(connection: Connection, group_id: int) -> GroupLine:
    """The group, or 404 where there is none."""
    if group_id > MOST:
        raise HTTPException(404)
    try:
        return group(connection, group_id, now())
    except CannotBegin:
        raise HTTPException(404) from None


def _guesses(request: Request, line: GroupLine, field: str | None, values: list[str | None]) -> dict[str, str]:
    """Value -> what was probably meant."""
    desk = desk_of(request)
    if desk.actions is None:
        return {}
    asked = [value for value in values if value]
    problems = [Problem(line.code, line.header, None, field, value, "", "") for value in asked]
    return {value: guess for value, guess in zip(asked, desk.acting.suggest(problems), strict=True) if guess}


def _all_guesses(request: Request, line: GroupLine, field: str) -> dict[str, str]:
    """The same of all values of the group's open rows."""
    with desk_of(request).reading() as connection:
        values = group_values(connection, line, first_cases(connection, line.group_id))
    return _guesses(request, line, field, [value.text for value in values.values])


@router.post("/inbox/{group_id:int}/fix")
def fix(request: Request, group_id: int, form: OwnForm) -> Response:
    """Two steps: what a fix would make of the rows is shown; it is done, and one click takes it back."""
    desk = desk_of(request)
    with desk.reading() as connection:
        line = known_group(connection, group_id)
    chosen, remember = _fix_of(request, form, line), form.one("remember") == "yes"
    if form.one("step") == "do":
        with desk.reading() as connection:
            destination = destination_of_group(connection, group_id)
        if asks := unconfirmed(request, form, destination, line.open_cases, f"/inbox/{group_id}"):
            return asks
        replaced = desk.acting.fix(chosen, who(request), remember=remember)
        desk.offering.forget()
        told = {"run": replaced.repaired.run_id}
        if remember:
            told["done"] = "remembered" if replaced.remembered else "offered"
        return lead(f"/inbox/{group_id}?{urlencode(told)}")
    rehearsed = desk.acting.rehearse(chosen)
    meanings = dict(chosen.meanings or {})
    return _shown(request, group_id, fix=chosen, rehearsed=rehearsed, remember=remember, meanings=meanings)


def _fix_of(request: Request, form: Form, line: GroupLine) -> GroupFix:
    kind = form.one("kind")
    if kind == "means":
        meanings = {old: new.strip() for old, new in form.beginning(_MEANING).items() if new.strip()}
        if form.one("step") == "suggested":
            meanings = _all_guesses(request, line, form.one("field")) | meanings
        if not meanings:
            raise CannotBegin("Go back and enter what at least one of the values means.")
        return GroupFix(line.group_id, line.code, line.header, "means", meanings)
    if kind == "within":
        old, new = form.one("old"), form.one("new")
        if not old:
            raise CannotBegin("Go back and enter the text to find.")
        return GroupFix(line.group_id, line.code, line.header, "within", old=old, new=new)
    if kind == "create" and line.code in CREATED_BY_RULE:
        return GroupFix(line.group_id, line.code, line.header, "create")
    for name in _AS_THEY_ARE.get(line.code, ("again",)):
        if kind == name:
            return GroupFix(line.group_id, line.code, line.header, name)
    raise CannotBegin("Go back and choose what to do with these rows.")


@router.post("/inbox/{group_id:int}/ignore")
def ignore(request: Request, group_id: int, form: OwnForm) -> Response:
    """Set all open rows of the group aside, with a reason."""
    reason = reason_of(form)
    desk = desk_of(request)
    ignored = desk.acting.ignore_group(group_id, reason, who(request))
    desk.offering.forget()
    return lead(f"/inbox/{group_id}?done=ignored-{ignored}")


@router.post("/inbox/{group_id:int}/reopen")
def reopen(request: Request, group_id: int, form: OwnForm) -> Response:
    """Open all ignored rows of the group again."""
    desk = desk_of(request)
    reopened = desk.acting.reopen_group(group_id, form.one("reason").strip()[:1000] or None, who(request))
    desk.offering.forget()
    return lead(f"/inbox/{group_id}?done=reopened-{reopened}")


@router.post("/inbox/{group_id:int}/assign")
def assign(request: Request, group_id: int, form: OwnForm) -> Response:
    """Say who looks after the group: oneself, somebody else, or nobody."""
    chosen = who(request) if form.one("to") == "me" else form.one("name").strip()[:255]
    desk_of(request).acting.assign(group_id, chosen or None, who(request))
    return lead(f"/inbox/{group_id}")
