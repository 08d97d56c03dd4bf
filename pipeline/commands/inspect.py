"""`rollbook inspect`: how files would be read, and profiles for them."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.intake.fetch import named_files
from pipeline.intake.found_files import found_files
from pipeline.options import console_of, settings_of, with_query
from pipeline.viewing.viewed_files import ViewedFile, Viewer
from reports.terminal.inspection import inspection_object, print_inspection
from rollbook.addresses import whole
from rollbook.commands import command
from rollbook.errors import CannotBegin
from rollbook.options import NO_QUERY, Invocation, QueryOptions
from rollbook.profile import load_profiles, matching_nothing
from rollbook.request import Request

# Files and folders named again in a command, at most.
_NAMED_FILES = 10


def inspect(
    invocation: Invocation,
    *,
    files: Sequence[str],
    to: str,
    profile: Path | None,
    write_profile: Path | None,
    query: QueryOptions = NO_QUERY,
) -> int:
    """Show how files would be read; 1 when not all could be opened."""
    settings = settings_of(invocation)
    profiles = load_profiles(profile or settings.profile)
    console = console_of(invocation)
    with tempfile.TemporaryDirectory(prefix="rollbook-") as folder:
        request = Request("inspect", tuple(files), out=folder, settings=settings, folder=str(Path.cwd()))
        paths = named_files(files, with_query(request, query), console.say)
        found = list(found_files(paths, settings.reading, console.say, request.place))
        if not found:
            raise CannotBegin("No spreadsheet was found there. Name files, or a folder that contains some.")
        if idle := matching_nothing([Path(file.path) for file in found], profiles):
            console.say(idle)
        viewer = Viewer(profiles, to, settings, Path(folder), each=console.asked_for_json)
        viewed = list(viewer.view(found))
    exit_code = int(any(file.told.code for file in viewed))
    groups = _groups(viewed)
    if console.asked_for_json:
        console.answer(inspection_object([file.told for file in viewed], exit_code))
    else:
        print_inspection([[file.told for file in group] for group in groups], console.console)
    for file in viewed:
        if file.told.code:
            console.alarm(f"{file.told.path}: {file.told.message or file.told.code}")
    if write_profile is not None:
        from pipeline.viewing.profile_files import write_profiles

        written = write_profiles(_groups(file for file in viewed if file.views), write_profile)
        for path in written:
            console.say(f"Wrote the profile {path}.")
        console.say(_then(files, written, write_profile, to))
    return exit_code


def _groups(viewed: Iterable[ViewedFile]) -> list[list[ViewedFile]]:
    """The files by kind; those that cannot be opened by what is said of them."""
    found: dict[tuple[str | None, ...], list[ViewedFile]] = {}
    for file in viewed:
        one = None if file.kind or file.told.code else str(file.path)
        found.setdefault((file.kind, file.told.profile, file.told.code, file.told.message, one), []).append(file)
    return list(found.values())


def _then(files: Sequence[str], written: Sequence[Path], target: Path, to: str) -> str:
    """What is done with profiles that were written: the same files are checked under them.

    Where a shell made a pattern into many names, nobody could read the command.
    """
    one = len(written) == 1
    look, under = f"Review {'it' if one else 'them'}", (written[0] if one else target).absolute()
    if len(files) > _NAMED_FILES:
        return f"{look}, then check the same files with the option --profile {shlex.quote(str(under))}"
    named = [whole(file) for file in files]
    where = [] if to == "database" else ["--to", to]
    return f"{look}, then: {command('check', *named, *where, '--profile', under)}"
