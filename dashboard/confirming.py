"""What leaves for a system outside is confirmed on a page of its own, where Enter does nothing."""

from collections.abc import Collection

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection, func, select

from dashboard.forms import Form
from dashboard.rendering import desk_of, show
from dashboard.wording import count, say
from ledger.browse.cases import Filter, Sort, page
from ledger.tables import rollbook_case_members, rollbook_cases, rollbook_runs
from rollbook.settings import Settings
from rollbook.systems import SYSTEM_NAMES

# The field of a form that names the system to which somebody agreed to send.
CONFIRMED = "confirmed"
SEND = "Send to {system}"


def is_outside(destination: str | None) -> bool:
    """Whether rows leave this installation."""
    return destination in SYSTEM_NAMES


def is_confirmed(form: Form, destination: str | None) -> bool:
    """Whether nothing leaves, or the person agreed that it does."""
    return not is_outside(destination) or form.one(CONFIRMED) == destination


def ask(request: Request, form: Form, destination: str, doing: str, back: str, deed: str = SEND) -> Response:
    """The page that asks.

    doing: what is about to be done, in words; back: the page to go back to; deed: the same in two words, of which
    `{system}` is one.
    """
    settings = desk_of(request).settings
    return show(
        request,
        "confirm.html",
        doing=doing,
        back=back,
        action=request.url.path,
        pairs=[(name, value) for name, value in form.pairs if name not in ("csrf", "agreed", CONFIRMED)],
        destination=destination,
        system=SYSTEM_NAMES[destination],
        deed=say(deed, system=SYSTEM_NAMES[destination]),
        address=address_of(settings, destination),
    )


def unconfirmed(
    request: Request, form: Form, destination: str | None, number: int | None, back: str
) -> Response | None:
    """The page that asks before corrected rows are sent; None where nothing leaves, or the person agreed.

    number: how many rows, where that is known.
    """
    if destination is None or is_confirmed(form, destination):
        return None
    told = say("The rows are checked, imported and sent.")
    if number is not None:
        told = count("{n} rows are checked, imported and sent.", number)
    return ask(request, form, destination, told, back)


def address_of(settings: Settings, destination: str) -> str:
    """The address of a system, as people may see it."""
    url = getattr(getattr(settings, destination), "url", None)
    return str(url or "").partition("?")[0]


def destination_of_cases(connection: Connection, case_ids: Collection[int]) -> str | None:
    """Where the runs sent these cases that met them last: of the first of them, for others are refused together."""
    cases, runs = rollbook_cases.c, rollbook_runs.c
    query = select(runs.destination).join(rollbook_cases, cases.last_run_id == runs.run_id)
    return connection.scalar(query.where(cases.case_id.in_(list(case_ids)[:1])))


def destination_of_filtered(connection: Connection, wanted: Filter) -> str | None:
    """The same of those that are filtered."""
    found = page(connection, wanted, Sort(), size=1).lines
    return destination_of_cases(connection, [line.case_id for line in found])


def destination_of_group(connection: Connection, group_id: int) -> str | None:
    """The same of a group's open cases."""
    members, cases = rollbook_case_members.c, rollbook_cases.c
    first = select(cases.case_id).join(rollbook_case_members, cases.case_id == members.case_id)
    found = connection.scalar(
        first.where(members.group_id == group_id, func.coalesce(cases.state, "") == "open").limit(1)
    )
    return None if found is None else destination_of_cases(connection, [found])
