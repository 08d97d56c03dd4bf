"""Which feed each file of a run belongs to, and which limits hold for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.tables import rollbook_drops, rollbook_parts
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
    returned = _returned(work, connection)
    for file_no, file in work.files.items():
        name = None if file_no in returned else feed_name(work.request, file.profile or "")
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


def _returned(work: RunContext, connection: Connection) -> set[int]:
    """The numbers of the files that hold rows of other files: failed rows that somebody brought back."""
    if not work.request.reads_files:
        return set(work.files)
    parts, dropped = rollbook_parts.c, rollbook_drops.c
    sources = select(parts.file_no, parts.source_file).where(parts.run_id == work.run_id).distinct()
    drops = select(dropped.name, dropped.target).where(dropped.run_id == work.run_id, dropped.target.is_not(None))
    moved = connection.execute(drops).tuples().all()
    return {
        file_no
        for file_no, source in connection.execute(sources).tuples()
        if source not in _places(work.files[file_no].path, moved)
    }


def _places(path: str, moved: Sequence[tuple[str, str]]) -> set[str]:
    """Where a file is, and where it was before a pass over a drop folder moved it. moved: (name, target) below it."""
    return {path, *(path.replace(f"/{target}", f"/{name}") for name, target in moved)}


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
