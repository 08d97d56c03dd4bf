"""Which feed each file of a run belongs to, and which limits hold for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.returned import returned_files
from rollbook.errors import CannotBegin
from rollbook.profile import Feed, Limits, choose_profile, parse_profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from pipeline.run_context import RunContext
    from rollbook.request import Request

# What `rollbook nightly` checks of a feed that was imported before, where nobody says otherwise, in percent.
NIGHTLY_PERCENT = 30.0
OF_FEEDS = ("max_changed_percent", "max_missing_percent", "min_rows_percent")


@dataclass(frozen=True)
class RunFeed:
    """What one feed sent in a run.

    name: as the profile says, else made of the profile and the drop folder; None: the files belong to no feed.
    files: their numbers. terms: what their profiles say of the feed. limits: those of feeds that somebody set.
    """

    name: str | None
    files: tuple[int, ...]
    terms: Feed
    limits: Limits


def feeds_of(work: RunContext, connection: Connection) -> list[RunFeed]:
    """The feeds of a run, those with a name first; files that belong to none are one without a name.

    What people bring back belongs to none: rows of a failed-rows workbook, and stored rows.
    """
    by_name: dict[str | None, list[int]] = {}
    brought_back = (
        returned_files(connection, work.run_id, work.files.values()) if work.request.reads_files else work.files
    )
    for file_no, file in work.files.items():
        name = None if file_no in brought_back else feed_name(work.request, file.profile or "")
        by_name.setdefault(name, []).append(file_no)
    named = sorted(by_name.items(), key=lambda pair: (pair[0] is None, pair[1]))
    return [_feed(work, name, tuple(numbers)) for name, numbers in named]


def _feed(work: RunContext, name: str | None, files: tuple[int, ...]) -> RunFeed:
    profiles = [parse_profile(text) for text in {work.files[number].profile or "" for number in files}]
    terms = [profile.feed for profile in profiles]
    complete = [each.complete for each in terms]
    merged = Feed(
        name=terms[0].name,
        complete=True if all(complete) else False if False in complete else None,
        on_missing="cancel" if all(each.on_missing == "cancel" for each in terms) else "report",
    )
    return RunFeed(name, files, merged if name else Feed(), _narrowest(work, [each.limits for each in profiles]))


def _narrowest(work: RunContext, said: Sequence[Limits]) -> Limits:
    """What the command line says, else the narrowest of the profiles'."""
    found = {}
    for name in OF_FEEDS:
        values = [value for limits in said if (value := getattr(limits, name)) is not None]
        narrowest = max if name.startswith("min_") else min
        given = getattr(work.request.limits, name)
        found[name] = given if given is not None else narrowest(values, default=None)
    return Limits(**found)


def feed_name(request: Request, profile: str) -> str | None:
    """The name of the feed that sends files under a profile; None where they belong to no feed. profile: its text."""
    named = parse_profile(profile).feed.name
    if named is not None or not request.drop_folder:
        return named
    file = next((Path(name).name for name, text in request.profiles if text == profile and profile), "")
    return f"{request.drop_folder} ({file})" if file else request.drop_folder


def count_beside(request: Request, name: str, others: Sequence[str]) -> int:
    """How many of the other files that a pass found the feed of a file has sent too; by their names in the folder."""
    own = _name_of(request, name)
    return sum(_name_of(request, other) == own for other in others)


def _name_of(request: Request, name: str) -> str | None:
    try:
        return feed_name(request, choose_profile(Path(request.drop_folder or "", name), list(request.profiles)))
    except CannotBegin:  # two profiles are for it: its own import says so
        return None
