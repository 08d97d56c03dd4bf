"""Files that are elsewhere, fetched to this machine while a run needs them, and let go of afterwards."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reports.text import left_alone
from rollbook.addresses import is_address, recorded
from rollbook.errors import CannotBegin
from sources.drop_folder import DropFolder
from sources.paths import find_files, left_out, sha256
from sources.remote.opened import fetch_web, is_database, is_web, open_storage, plain_errors
from sources.remote.storage import Access, make_private, write_copy

if TYPE_CHECKING:
    from rollbook.request import Request
    from rollbook.settings import Settings, SourceSettings

# What stands for standard input on a command line, and the name of the file that it makes.
STANDARD_INPUT, _INPUT_NAME = "-", "standard input"
_BLOCK = 2**20


def access_to(settings: Settings, name: str | None = None) -> Access:
    """How a source is reached, or an address of the command line. name: of the source."""
    source: SourceSettings | None = settings.source.get(name) if name else None
    reading = settings.reading
    return Access(
        name,
        key_file=source.key_file if source else None,
        known_hosts=source.known_hosts if source else None,
        most_mib=reading.fetch_mib,
        seconds=reading.fetch_seconds,
    )


def named_files(arguments: Sequence[str], request: Request, say: Callable[[str], None]) -> list[str]:
    """The files that are meant, as they are recorded; what is elsewhere is fetched. Raises CannotBegin.

    say: is told which files of folders are no spreadsheets.
    """
    here = [argument for argument in arguments if not is_address(argument) and argument != STANDARD_INPUT]
    found = [recorded(str(path)) for path in find_files(here, out=request.out_folder)]
    others = [recorded(str(path)) for path in left_out(here, out=request.out_folder)]
    for address in dict.fromkeys(argument for argument in arguments if is_address(argument)):
        fetched, beside = fetch(address, request, access_to(request.settings))
        found += fetched
        others += beside
    if STANDARD_INPUT in arguments:
        found.append(_from_standard_input(request))
    if others:
        say(f"{left_alone(others)}.")
    return found


def fetch(address: str, request: Request, access: Access) -> tuple[list[str], list[str]]:
    """Fetch the files of one address: how they are recorded, and those of a folder that are left."""
    make_out_folder(request)
    if is_database(address):
        return [_queried(address, request, access)], []
    if is_web(address):
        with plain_errors(f"{address.partition('?')[0]} cannot be fetched"):
            return [fetch_web(address, access, request.place)], []
    with plain_errors(f"{address} cannot be read"):
        storage, path = open_storage(address, access)
        if not storage.is_folder(path):
            if storage.look_at(path) is None:
                raise CannotBegin(f"There is no {address}.{_how_to_write(address)}")
            storage.get(path, request.place(address))
            return [address], []
    folder = DropFolder(address, access)
    names = list(folder.look())
    for name in names:
        folder.fetch(name, request.place(folder.address(name)))
    return [folder.address(name) for name in names], [folder.address(name) for name in folder.left_out()]


def _queried(address: str, request: Request, access: Access) -> str:
    """Ask a database; how what it answered is recorded."""
    from sources.queries.database import Query, recorded_as, run_query

    if request.query is None or not request.key:
        raise CannotBegin(
            "A database needs a query: --query FILE.sql, with one SELECT in it, and --key COLUMNS, those that tell the "
            "rows apart. In a [source.NAME]: query and key."
        )
    file = Path(request.folder, request.query).expanduser()
    try:
        query = Query(address, file.read_text(encoding="utf-8-sig"), file.name, request.key)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotBegin(
            f"The query {file} cannot be read ({error}). Correct its name, or save it as UTF-8."
        ) from error
    path = recorded_as(query)
    with plain_errors(f"{path} cannot be read"):
        run_query(query, access, request.place(path))
    return path


def make_out_folder(request: Request) -> None:
    """Make the folder of the reports as it usually is: only the copies in it are for this user alone."""
    request.out_folder.mkdir(parents=True, exist_ok=True)


def _from_standard_input(request: Request) -> str:
    """Keep what comes on standard input as a file; its content is in its name, so that two differ."""
    make_out_folder(request)
    if sys.stdin.isatty():
        raise CannotBegin("Nothing comes on standard input. Pipe a file into it: cat march.csv | rollbook import -")
    draft = request.place(f"stdin://{os.getpid()}/{_INPUT_NAME}")
    blocks = iter(lambda: sys.stdin.buffer.read(_BLOCK), b"")
    write_copy(blocks, draft, "Standard input", access_to(request.settings))
    path = f"stdin://{sha256(draft)[:8]}/{_INPUT_NAME}"
    make_private(request.place(path).parent)
    draft.replace(request.place(path))
    _remove_empty(draft.parent, request.out_folder)
    return path


def _how_to_write(address: str) -> str:
    if "%" in address:
        return " Write its name as it is there, with spaces and not %20."
    if any(sign in address for sign in "*?"):
        return " Patterns do not work in addresses: name the folder."
    return ""


@contextmanager
def beginning_with(request: Request, paths: Iterable[str]) -> Iterator[None]:
    """Where nothing begins, the copies of what was fetched for it are removed."""
    try:
        yield
    except CannotBegin:
        forget_copies(request, paths)
        raise


def forget_copies(request: Request, paths: Iterable[str]) -> None:
    """Remove the copies of what was fetched, and the folders that this leaves empty. paths: as they are recorded."""
    for path in paths:
        if is_address(path):
            place = _archive_or_file(request.place(path))
            place.unlink(missing_ok=True)
            _remove_empty(place.parent, request.out_folder)


def move_copies(former: Request, request: Request, paths: Iterable[str]) -> None:
    """The copies of a run go where its reports go from now on."""
    for path in paths:
        if is_address(path):
            place, target = (_archive_or_file(asked.place(path)) for asked in (former, request))
            if place.is_file() and place != target:
                make_private(target.parent)
                shutil.move(place, target)
                _remove_empty(place.parent, former.out_folder)


def follow(request: Request, former: str, path: str) -> None:
    """The copy of a file that was moved there goes where its new path is looked for. former: its path until then."""
    if is_address(former):
        place, target = request.place(former), request.place(path)
        if place.is_file() and place != target:
            make_private(target.parent)
            place.replace(target)
            _remove_empty(place.parent, request.out_folder)


def _archive_or_file(place: Path) -> Path:
    return next((folder for folder in place.parents if folder.is_file()), place)


def _remove_empty(folder: Path, until: Path) -> None:
    with suppress(OSError):  # something is in it, or it is gone already
        while folder != until:
            folder.rmdir()
            folder = folder.parent
