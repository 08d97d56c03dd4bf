"""`rollbook reference`."""

from pathlib import Path

import click

from cli.options import BY, PROFILE, SHARED, GroupedCommand
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation

SYNCED = ("smarteru", "moon", "axcelerate")
REFERENCE_KINDS = ("learners", "groups", "memberships", "courses", "group-courses", "sessions")
_KIND = click.argument("kind", type=click.Choice(REFERENCE_KINDS), metavar="KIND")


@click.group()
def reference() -> None:
    """Load learners, groups, courses and sessions."""


@reference.command(cls=GroupedCommand)
@click.argument("system", type=click.Choice(SYNCED), metavar="SYSTEM")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@PROFILE
@BY
@SHARED
def sync(system: str, files: tuple[str, ...], profile: Path | None, by: str | None, invocation: Invocation) -> int:
    """Load reference data from another system.

    SYSTEM: smarteru, moon or axcelerate. Its existing enrollments are read too.

    FILE: sheets to look up. SmarterU is then asked only for the groups,
    courses and learners that they name; aXcelerate for their contacts and
    classes, in addition to those of earlier runs.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import reference as command
        return command.sync(invocation, system=system, files=files, profile=profile, by=by)


@reference.command(cls=GroupedCommand)
@_KIND
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@BY
@SHARED
def load(kind: str, file: Path, by: str | None, invocation: Invocation) -> int:
    """Load reference data from a spreadsheet or CSV.

    KIND: learners, groups, memberships, courses, group-courses or sessions.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import reference as command
        return command.load(invocation, kind=kind, file=file, by=by)


@reference.command(cls=GroupedCommand)
@_KIND
@SHARED
def forget(kind: str, invocation: Invocation) -> int:
    """Remove loaded reference data of one kind.

    Its rules are no longer checked.

    KIND: learners, groups, memberships, courses, group-courses or sessions.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import reference as command
        return command.forget(invocation, kind=kind)
