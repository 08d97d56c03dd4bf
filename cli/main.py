"""The command line: options in, an exit code out. Everything heavy is imported by the command that needs it."""

import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from rollbook import __version__
from rollbook.errors import RollbookError, Stopped

SYNCED = ("smarteru", "moon", "axcelerate")
REFERENCE_KINDS = ("learners", "groups", "memberships", "courses", "group-courses", "sessions")
_INTERRUPTED = "interrupted. An import loads all or nothing: `rollbook resume` finishes it."
DESTINATIONS = ("database", "smarteru-xml", "smarteru", "moon", "axcelerate")


class DefaultGroup(click.Group):
    """A group whose first word may also be an argument of its hidden `list` command (`failures last`)."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` in front unless a sub-command or its help is asked for."""
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def options(*chosen: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Several click decorators as one, shown in `--help` in the order given."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(chosen):
            command = option(command)
        return command

    return decorate


FILES = click.argument("files", nargs=-1, required=True, metavar="FILE…")
PROFILE = click.option("--profile", type=click.Path(path_type=Path), help="Profile, or folder of profiles.")
TO = click.option(
    "--to", type=click.Choice(DESTINATIONS), help="Destination (default: database; for retry, that of the run)."
)
SETTINGS = click.option(
    "--settings", type=click.Path(path_type=Path), help="Settings file (default: rollbook.toml if it exists)."
)
DATABASE = click.option("--database", metavar="URL", help="Database (default: sqlite:///rollbook.db).")
JSON = click.option("--json", is_flag=True, help="Print one JSON object to standard output.")
QUIET = click.option("--quiet", is_flag=True, help="Print only problems, one line each.")
PREFECT = click.option("--prefect", is_flag=True, help="Run the steps as a Prefect flow.")
BY = click.option("--by", metavar="NAME", help="Your name, for the record (default: your login).")
OUT = click.option("--out", type=click.Path(path_type=Path), help="Folder for reports (default: rollbook-out).")
SHARED = options(SETTINGS, DATABASE, JSON, QUIET)
LIMITS = options(
    click.option(
        "--max-rejected", type=click.IntRange(0), metavar="N", help="Load nothing if more than N rows are rejected."
    ),
    click.option(
        "--max-rejected-percent",
        type=click.FloatRange(0, 100),
        metavar="P",
        help="The same, as a percentage of the rows.",
    ),
    click.option(
        "--max-failed-files", type=click.IntRange(0), metavar="N", help="Load nothing if more than N files fail."
    ),
)
JUDGING = options(
    TO,
    PROFILE,
    OUT,
    click.option(
        "--on-conflict",
        type=click.Choice(["reject", "first", "last", "best"]),
        help="Which row wins if rows for one enrollment differ (default: reject).",
    ),
    click.option(
        "--on-existing",
        type=click.Choice(["reject", "update", "best"]),
        help="What to do if an existing enrollment differs (default: reject).",
    ),
    LIMITS,
    click.option("--validate", is_flag=True, help="Validate each SmarterU batch against its XML schema."),
    BY,
)
ENGINE = options(
    click.option(
        "--workers",
        type=click.IntRange(1),
        metavar="N",
        help="Number of local worker processes (default: one per core).",
    ),
    click.option("--dask", metavar="ADDRESS", help="Use the workers of this Dask scheduler (tcp://HOST:8786)."),
)


def _one_engine(given: dict[str, Any]) -> None:
    if given["workers"] is not None and given["dask"] is not None:
        raise click.UsageError("Use --workers or --dask, not both.")


def _invocation(given: dict[str, Any]) -> Invocation:
    shared = {name: given.pop(name) for name in ("settings", "database", "json", "quiet")}
    return Invocation(**shared, profile=given.get("profile"), out=given.get("out"))


def _do(module: str, function: str, invocation: Invocation, **given: Any) -> int:
    """Call a command's function, imported only now: `--help` must not wait for pandas."""
    with swift_imports():
        command = getattr(import_module(f"flows.{module}"), function)
    try:
        exit_code: int = command(invocation, **given)
    except KeyboardInterrupt:
        raise Stopped(_complete(_INTERRUPTED, invocation)) from None
    except RollbookError as error:  # the commands that it names can be pasted
        error.args = (_complete(str(error), invocation),)
        raise
    return exit_code


def _complete(text: str, invocation: Invocation) -> str:
    from pipeline.options import command_line

    with suppress(RollbookError):  # settings that cannot be read are what the error is about
        return command_line(invocation).complete(text)
    return text


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="rollbook")
@click.option("--debug", is_flag=True, help="Show the traceback if an error occurs.")
def rollbook(debug: bool) -> None:
    """Import spreadsheets of training attendance, and account for every row."""


@rollbook.command()
@options(
    FILES,
    TO,
    PROFILE,
    click.option(
        "--write-profile",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Write a profile of what was found; in a folder, one for each kind of file.",
    ),
    SETTINGS,
    JSON,
    QUIET,
)
def inspect(**given: Any) -> int:
    """Show how files would be read.

    Lists each sheet's header row, the column for each field, and samples.
    """
    given |= {"database": None, "to": given["to"] or "database"}
    return _do("inspecting", "inspect", _invocation(given), **given)


@rollbook.command()
@options(FILES, JUDGING, SHARED)
def check(**given: Any) -> int:
    """Run an import without loading anything.

    Nothing is written to the destination.
    """
    return _do("importing", "check", _invocation(given), **given)


@rollbook.command("import")
@options(FILES, JUDGING, SHARED, PREFECT)
def import_(**given: Any) -> int:
    """Import files, folders or globs."""
    return _do("importing", "import_files", _invocation(given), **given)


@rollbook.command()
@options(click.argument("run", required=False), LIMITS, ENGINE, SHARED, PREFECT)
def resume(**given: Any) -> int:
    """Finish runs that were interrupted.

    Finishes RUN, or all unfinished runs.
    """
    _one_engine(given)
    return _do("importing", "resume", _invocation(given), **given)


@rollbook.command()
@options(click.argument("run"), JUDGING, SHARED, PREFECT)
def retry(**given: Any) -> int:
    """Check and load a run's failed rows again.

    Uses the current profile, rules and reference data.
    """
    return _do("importing", "retry", _invocation(given), **given)


@rollbook.command()
@options(FILES, JUDGING, ENGINE, SHARED, PREFECT)
def migrate(**given: Any) -> int:
    """Import many files in parallel, as one run.

    Files are read and checked by several processes, on this machine or on a
    Dask cluster.
    """
    _one_engine(given)
    return _do("migrating", "migrate", _invocation(given), **given)


@rollbook.command()
@options(
    click.argument("folder"),
    JUDGING,
    click.option("--create", is_flag=True, help="Create the database if it does not exist."),
    SHARED,
    PREFECT,
)
def nightly(**given: Any) -> int:
    """Import the files in a drop folder.

    FOLDER: a path, or a URL such as s3://…. Files are moved to its done/ or
    failed/ afterwards.
    """
    return _do("nightly", "nightly", _invocation(given), **given)


@rollbook.command()
@options(
    click.option("--folder", metavar="FOLDER", help="Drop folder (default: from the settings)."),
    click.option("--create", is_flag=True, help="Create the database if it does not exist."),
    SETTINGS,
    DATABASE,
    QUIET,
)
def serve(**given: Any) -> int:
    """Run scheduled imports with a Prefect server.

    Checks the drop folder and the outbox on schedule, until stopped.
    """
    given |= {"json": False}
    return _do("serving", "serve", _invocation(given), **given)


@rollbook.command()
@options(
    click.argument("run"),
    click.option("--file", "file", metavar="FILE", help="Undo only the rows of this file."),
    BY,
    SHARED,
)
def undo(**given: Any) -> int:
    """Remove a run's rows from the database.

    Rows that the run updated are restored.
    """
    return _do("undoing", "undo", _invocation(given), **given)


@rollbook.command()
@SHARED
def runs(**given: Any) -> int:
    """List the runs, newest first."""
    return _do("looking", "list_runs", _invocation(given), **given)


@rollbook.command()
@options(click.argument("run"), SHARED)
def show(**given: Any) -> int:
    """Show a run's counts, files, failures and reports."""
    return _do("looking", "show", _invocation(given), **given)


@rollbook.group(cls=DefaultGroup)
def failures() -> None:
    """List, export, ignore or reopen failed rows.

    \b
    rollbook failures [RUN] [--export PATH.xlsx|.csv|.json]
    rollbook failures ignore CASE… --reason TEXT
    rollbook failures reopen CASE…
    """


@failures.command("list", hidden=True)
@options(
    click.argument("run", default="last"),
    click.option(
        "--export",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Write them to this file (.xlsx, .csv or .json).",
    ),
    SHARED,
)
def list_failures(**given: Any) -> int:
    """List or export the failed rows of RUN (default: last)."""
    return _do("looking", "list_failures", _invocation(given), **given)


@failures.command()
@options(
    click.argument("cases", nargs=-1, required=True, metavar="CASE…"),
    click.option("--reason", required=True, metavar="TEXT", help="Why these cases need no correction."),
    BY,
    SHARED,
)
def ignore(**given: Any) -> int:
    """Close cases that need no correction."""
    return _do("looking", "ignore", _invocation(given), **given)


@failures.command()
@options(
    click.argument("cases", nargs=-1, required=True, metavar="CASE…"),
    click.option("--reason", metavar="TEXT", help="Why these cases need a correction after all."),
    BY,
    SHARED,
)
def reopen(**given: Any) -> int:
    """Open ignored cases again."""
    return _do("looking", "reopen", _invocation(given), **given)


@rollbook.command()
@options(
    click.option(
        "--older-than", "older_than", required=True, metavar="AGE", help="Age in days or weeks, such as 90d or 12w."
    ),
    click.option("--dry-run", "dry_run", is_flag=True, help="Only show what would be removed."),
    SHARED,
)
def purge(**given: Any) -> int:
    """Remove old cell values and old reports.

    Cell values of old failed rows are removed, and old reports deleted. Counts
    stay.
    """
    return _do("purging", "purge", _invocation(given), **given)


@rollbook.group()
def reference() -> None:
    """Load learners, groups, courses and sessions."""


@reference.command()
@options(
    click.argument("system", type=click.Choice(SYNCED), metavar="SYSTEM"),
    click.argument("files", nargs=-1, metavar="[FILE]..."),
    PROFILE,
    BY,
    SHARED,
)
def sync(**given: Any) -> int:
    """Load reference data from another system.

    SYSTEM: smarteru, moon or axcelerate. Its existing enrollments are read too.

    FILE: sheets whose contacts and classes to look up in aXcelerate, in
    addition to those of earlier runs.
    """
    return _do("referring", "sync", _invocation(given), **given)


@reference.command()
@options(
    click.argument("kind", type=click.Choice(REFERENCE_KINDS), metavar="KIND"),
    click.argument("file", metavar="FILE", type=click.Path(path_type=Path)),
    BY,
    SHARED,
)
def load(**given: Any) -> int:
    """Load reference data from a spreadsheet or CSV.

    KIND: learners, groups, memberships, courses, group-courses or sessions.
    """
    return _do("referring", "load", _invocation(given), **given)


@reference.command()
@options(click.argument("kind", type=click.Choice(REFERENCE_KINDS), metavar="KIND"), SHARED)
def forget(**given: Any) -> int:
    """Remove loaded reference data of one kind.

    Its rules are no longer checked.

    KIND: learners, groups, memberships, courses, group-courses or sessions.
    """
    return _do("referring", "forget", _invocation(given), **given)


@rollbook.command()
@options(
    click.option(
        "--host",
        metavar="ADDRESS",
        help="Address to listen on (default: 127.0.0.1). Other machines' access needs a login.",
    ),
    click.option("--port", type=click.IntRange(0, 65535), metavar="PORT", help="Port to listen on (default: 8765)."),
    click.option("--open", "open", is_flag=True, help="Open the dashboard in the browser."),
    click.option("--hash-password", is_flag=True, help="Ask for a password and print its hash for the settings."),
    SETTINGS,
    DATABASE,
    QUIET,
)
def dashboard(**given: Any) -> int:
    """Show runs and fix failed rows in the browser."""
    given |= {"json": False}
    return _do("dashboard", "dashboard", _invocation(given), **given)


@rollbook.group()
def smarteru() -> None:
    """Send SmarterU batches, or load an answer."""


@smarteru.command()
@options(click.argument("run"), SHARED)
def send(**given: Any) -> int:
    """Send the batches that a run wrote.

    RUN: a run with `--to smarteru-xml`.
    """
    return _do("smarteru", "send", _invocation(given), **given)


@smarteru.command()
@options(
    click.argument("batch", type=click.Path(path_type=Path), metavar="BATCH.xml"),
    click.argument("answer_file", type=click.Path(path_type=Path), metavar="ANSWER.xml"),
    SHARED,
)
def answer(**given: Any) -> int:
    """Load the answer to a batch sent by hand."""
    return _do("smarteru", "answer", _invocation(given), **given)


def _misused(error: click.UsageError) -> int:
    """A group without a command shows its help; all else is one line that names the help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message())
        return 2
    command = error.ctx.command_path if error.ctx else "rollbook"
    return _complain(Exception(f"{error.format_message()} See: {command} --help"), 2)


def _complain(error: BaseException, exit_code: int) -> int:
    message = " ".join(str(error).split()) or type(error).__name__
    click.echo(f"rollbook: {message}", err=True)
    return exit_code


def _told(error: Exception) -> str:
    """An error that no command foresaw. Only its first line: a database goes on with the cells of a row."""
    refusal = getattr(error, "orig", None)
    first = (str(refusal or error).strip().splitlines() or [""])[0]
    if refusal is not None:  # SQLAlchemy's mark of what a database said
        return f"the database refused: {first}. Nothing was changed. Try again when this is fixed."
    bug = "This is a bug in Rollbook. Run the same command with --debug and report what it prints."
    return f"{type(error).__name__}: {first}. {bug}"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; every error ends as one line on standard error and an exit code (DESIGN's table)."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    words = ["--debug"] * debug + [word for word in given if word != "--debug"]
    try:
        return rollbook.main(words, prog_name="rollbook", standalone_mode=False) or 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.UsageError as error:
        return _misused(error)
    except (KeyboardInterrupt, click.exceptions.Abort):
        return _complain(Exception(_INTERRUPTED), 3)
    except RollbookError as error:
        if debug:
            raise
        return _complain(error, error.exit_code)
    except Exception as error:
        if debug:
            raise
        return _complain(Exception(_told(error)), 3)


if __name__ == "__main__":
    sys.exit(main())
