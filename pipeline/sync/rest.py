"""`rollbook reference sync moon | axcelerate`: what they know, and the enrollments that they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from destinations.axcelerate import reference as axcelerate
from destinations.axcelerate.target import axcelerate_api
from destinations.http.json_client import JsonApi, NotAnswered
from destinations.moon import reference as moon
from destinations.moon.target import moon_wire
from destinations.reference_page import Page
from ledger.lock import hold
from ledger.remote import ids as target_ids
from ledger.remote import outbox
from pipeline.delivery.rest import WAIT_SECONDS
from pipeline.delivery.systems import AXCELERATE_KEYS, MOON_KEY, lock_of, url_of
from pipeline.sync.base import GOES_ON, HELD, IDS, Read, Storing, Synced, Watch
from pipeline.sync.named import lines_in
from rollbook.errors import RunIsLive, Stopped
from rollbook.secrets import secret

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from rollbook.settings import Settings


def sync_rows(
    connection: Connection,
    system: str,
    settings: Settings,
    by: str | None,
    watch: Watch,
    named: Collection[tuple[str, str]],
) -> Synced:
    """Read what the system knows into the ledger. Raises Stopped; the next sync goes on where this one stopped."""
    url = url_of(system, settings)
    storing = Storing(connection, system, url, by, watch)
    try:
        with hold(connection.engine, lock_of(system, settings), wait=WAIT_SECONDS):
            if system == "moon":
                return _moon(storing, connection, settings)
            return _axcelerate(storing, connection, settings, named)
    except RunIsLive as error:
        raise Stopped(f"{error} Then sync again.") from None
    except NotAnswered as error:
        raise Stopped(f"{error.system} gave no answer: {error.what}. Fix this, then sync again: {GOES_ON}") from None


def _moon(storing: Storing, connection: Connection, settings: Settings) -> Synced:
    size = settings.moon.page_size
    with JsonApi(moon_wire(settings.moon, secret(MOON_KEY))) as api:

        def held(first: int) -> Iterator[Read]:
            with connection.begin():
                ids = target_ids.every(connection, "moon")
            yield from _paged(HELD, moon.enrollments(api, ids, size), first)

        return storing.store(
            {
                "learners": lambda first: _paged("learners", moon.employees(api, size), first),
                "sessions": lambda first: _paged("sessions", moon.sessions(api, size), first),
                HELD: held,
            }
        )


def _axcelerate(
    storing: Storing, connection: Connection, settings: Settings, named: Collection[tuple[str, str]]
) -> Synced:
    """It lists no contacts and classes: it is asked for those that rows name, of runs and of `named`."""
    with connection.begin():
        known = outbox.enrollments_named(connection, "axcelerate")
    found = {(contact, of) for contact, session in {*known, *named} if (of := axcelerate.class_of(session))}
    pairs = sorted(found, key=itemgetter(1, 0))
    own = settings.axcelerate
    with axcelerate_api(own, *map(secret, AXCELERATE_KEYS)) as api:
        pages = axcelerate.enrolments(api, pairs, own.page_size, whole_classes=own.whole_classes)
        step = f"{HELD}:{hashlib.sha256(repr(pairs).encode()).hexdigest()[:16]}"
        return storing.store({step: lambda first: _paged(HELD, pages, first)})


def _paged(kind: str, pages: Iterable[Page], first: int) -> Iterator[Read]:
    """The pages of a list from `first` on; those before are read once more, for only then it is known what shifted."""
    number = first - 1
    for page in pages:
        if page.number >= first:
            number = page.number
            ids = {IDS: _ids(page)} if page.ids or page.gone else {}
            yield number, {kind: page.frame, **ids}, False
    yield number + 1, {}, True


def named_in(files: Sequence[str], settings: Settings, profile: Path | None) -> tuple[set[tuple[str, str]], list[str]]:
    """(learner, session) of the rows of files, as a check reads them; nothing is written. And which were not read."""
    query = "SELECT DISTINCT learner_employee_id, session_id FROM rows"
    lines, unread = lines_in(files, settings, profile, "axcelerate", query)
    return {(learner, session) for learner, session in lines if learner and session}, unread


def _ids(page: Page) -> pd.DataFrame:
    known = ((*name, target_id) for name, target_id in page.ids.items())
    gone = ((*name, None) for name in page.gone)
    return pd.DataFrame(chain(known, gone), columns=["kind", "code", "target_id"])
