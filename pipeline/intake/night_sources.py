"""What `rollbook nightly` passes over: a folder that is named, a source of the settings, or all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipeline.intake.fetch import access_to, fetch, make_out_folder
from pipeline.options import request_of
from pipeline.replies.reply_folder import ReplyFolder
from rollbook.addresses import is_address, is_mailbox, whole
from rollbook.errors import CannotBegin
from rollbook.profile import parse_profile
from sources.drop_folder import DropFolder, Dropped
from sources.remote.opened import is_database, is_web, open_storage, plain_errors

if TYPE_CHECKING:
    from rollbook.options import JudgingOptions
    from rollbook.request import Request
    from rollbook.settings import Settings, SourceSettings
    from sources.remote.storage import Stored


@dataclass(frozen=True)
class NightSource:
    """What is passed over. name: in the settings, None for a folder that was named as such."""

    place: str
    name: str | None = None

    @property
    def told_as(self) -> str:
        """How people know it."""
        return self.name or self.place


def sources_of(named: str | None, settings: Settings) -> list[NightSource]:
    """The one that is named, by its name or place; without, the folder of the settings and all their sources."""
    if named is not None:
        return [_named(named, settings)]
    folder = [NightSource(settings.nightly.folder)] if settings.nightly.folder else []
    found = folder + [NightSource(source.address, name) for name, source in settings.source.items()]
    if not found:
        raise CannotBegin("Which folder? Name it, or write a [source.NAME], or [nightly] folder, into the settings.")
    return found


def _named(named: str, settings: Settings) -> NightSource:
    source = settings.source.get(named)
    is_path = not is_address(named) and Path(named).expanduser().exists()
    if source is not None and is_path:
        raise CannotBegin(
            f"{named} is a folder here, and a source in the settings. Write ./{named} for the folder; for the source, "
            "rename one of them."
        )
    if source is not None:
        return NightSource(source.address, named)
    near = get_close_matches(named, settings.source, n=1)
    if near and not is_path:
        raise CannotBegin(f"There is no folder or source {named}. Did you mean the source {near[0]}?")
    return NightSource(named)


def request_for(source: NightSource, settings: Settings, judging: JudgingOptions) -> Request:
    """What each run of a pass over it is asked to do: under its own profiles, for its own owners."""
    own = settings.source.get(source.name or "")
    if own is None:
        return request_of("nightly", settings, (), judging)
    judging = replace(judging, profile=judging.profile or own.profile)
    request = request_of("nightly", settings, (), judging)
    query = str(own.query) if own.query else None
    if is_mailbox(own.address):  # who may reply, and not whose sheets these are
        return request
    asked = replace(request, query=query, key=tuple(own.key), queried=own.address if query else None)
    return replace(asked, profiles=_of_source(request.profiles, own))


def _of_source(profiles: Sequence[tuple[str, str]], source: SourceSettings) -> tuple[tuple[str, str], ...]:
    """The profiles with what the source says and they do not, and one of that alone for all other files."""
    if not source.owner and source.feed is None:
        return tuple(profiles)
    return tuple((name, _with(text, source)) for name, text in (*profiles, ("", "")))


def _with(text: str, source: SourceSettings) -> str:
    """A profile's text with the owner and the feed, where it names none itself."""
    import tomlkit

    document, profile = tomlkit.parse(text), parse_profile(text)
    if source.owner and not profile.owner.mail:
        document.setdefault("owner", tomlkit.table())["mail"] = list(source.owner)
    if source.feed is not None and profile.feed.name is None:
        document.setdefault("feed", tomlkit.table())["name"] = source.feed
    return tomlkit.dumps(document)


class SourceFile:
    """One file that is elsewhere, or what a query finds: read again each night, and left where it is.

    It answers as a drop folder does that holds this file alone. url: how the ledger knows it.
    """

    is_local = False
    moves = False

    def __init__(self, source: NightSource, request: Request) -> None:
        self._is_here = not is_address(source.place)
        self.url = whole(source.place.partition("?")[0])
        self._source = source
        self._request = request
        self._path = ""

    def look(self) -> dict[str, Dropped]:
        """Nothing: it is fetched when it is settled."""
        return {}

    def left_out(self) -> list[str]:
        """Nothing."""
        return []

    def settled(self, seconds: float) -> tuple[list[Dropped], list[str]]:
        """The file, fetched now, if it did not change for so many seconds; else its name."""
        before = self._state()
        if before is not None:
            time.sleep(seconds)
        if self._state() != before:
            return [], [PurePosixPath(self.url).name]
        self._path = self.url if self._is_here else self._fetched()
        return [Dropped(PurePosixPath(self._path).name, None, "")], []

    def _fetched(self) -> str:
        access = access_to(self._request.settings, self._source.name)
        (path,), _ = fetch(self._source.place, self._request, access)
        return path

    def _state(self) -> Stored | None:
        """What tells whether it is still being written; None where that cannot be asked."""
        if is_web(self._source.place) or is_database(self._source.place):
            return None
        with plain_errors(f"{self.url} cannot be read"):
            access = access_to(self._request.settings, self._source.name)
            storage, path = open_storage(self._source.place, access)
            return storage.look_at(path)

    def address(self, name: str) -> str:
        """How it is recorded, whatever would become of it in a folder."""
        del name
        return self._path

    def fetch(self, name: str, to: Path) -> Path:
        """The file, or the copy that was made when it was settled."""
        del name
        return Path(self.url) if self._is_here else to

    def exists(self, name: str) -> bool:
        """Nothing of it is ever to be moved."""
        del name
        return False

    def free_name(self, name: str, beside: Callable[[str], Sequence[str]]) -> str:
        """The name itself."""
        del beside
        return name

    def move(self, name: str, target: str) -> None:
        """It stays."""

    def remove(self, name: str) -> None:
        """It stays."""

    def put(self, file: Path, name: str) -> None:
        """Reports stay among the reports."""


NightFolder = DropFolder | SourceFile | ReplyFolder


def open_source(source: NightSource, request: Request) -> NightFolder:
    """The drop folder, or the one file that is passed over; raises CannotBegin where it cannot be used."""
    if is_address(source.place):
        make_out_folder(request)
    if is_mailbox(source.place):
        return _replies(source, request)
    if source.name is not None and _is_file(source, request):
        return SourceFile(source, request)
    return DropFolder(source.place, access_to(request.settings, source.name))


def _replies(source: NightSource, request: Request) -> ReplyFolder:
    own = request.settings.source.get(source.name or "")
    access = access_to(request.settings, source.name)
    if own is not None:
        access = replace(access, most_mib=own.mail_mib)
    return ReplyFolder(source.place, request, access, own.owner if own else [])


def _is_file(source: NightSource, request: Request) -> bool:
    if is_web(source.place) or is_database(source.place):
        return True
    with plain_errors(f"{source.place} cannot be looked into"):
        storage, path = open_storage(source.place, access_to(request.settings, source.name))
        return storage.look_at(path) is not None and not storage.is_folder(path)
