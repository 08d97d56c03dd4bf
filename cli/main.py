"""The command line: options in, an exit code out. Everything heavy is imported by the command that needs it."""

import signal
import sys

import click

from cli.commands.accounts import changes, rows
from cli.commands.check import check
from cli.commands.dashboard import dashboard
from cli.commands.failures import failures
from cli.commands.import_files import import_files
from cli.commands.inspect import inspect
from cli.commands.migrate import migrate
from cli.commands.nightly import nightly
from cli.commands.nights import nights
from cli.commands.notify import notify
from cli.commands.purge import purge
from cli.commands.reference import reference
from cli.commands.resume import resume
from cli.commands.retry import retry
from cli.commands.runs import runs, show
from cli.commands.serve import serve
from cli.commands.sign_off import sign_off
from cli.commands.smarteru import smarteru
from cli.commands.template import template
from cli.commands.undo import undo
from cli.commands.values import values
from cli.running import INTERRUPTED
from rollbook import __version__
from rollbook.errors import RollbookError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="rollbook")
@click.option("--debug", is_flag=True, help="Show the traceback if an error occurs.")
def rollbook(debug: bool) -> None:
    """Import spreadsheets of training attendance, and account for every row."""


for _command in (
    *(changes, check, dashboard, failures, import_files, inspect, migrate, nightly, nights, notify, purge, reference),
    *(resume, retry, rows, runs, serve, show, sign_off, smarteru, template, undo, values),
):
    rollbook.add_command(_command)


def _misused(error: click.UsageError) -> int:
    """A group without a command shows its help; all else is one line that names the help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message())
        return 2
    from rollbook.commands import program

    _, *words = error.ctx.command_path.split() if error.ctx else ["rollbook"]
    return _complain(Exception(f"{error.format_message()} See: {' '.join([program(), *words, '--help'])}"), 2)


def _complain(error: BaseException, exit_code: int) -> int:
    message = " ".join(str(error).split()) or type(error).__name__
    click.echo(f"rollbook: {message}", err=True)
    return exit_code


def _describe(error: Exception) -> str:
    """An error that no command foresaw. Only its first line: a database goes on with the cells of a row."""
    refusal = getattr(error, "orig", None)
    first = (str(refusal or error).strip().splitlines() or [""])[0]
    if refusal is not None:  # SQLAlchemy's mark of what a database said
        return f"the database refused: {first}. Nothing was changed. Try again when this is fixed."
    bug = "This is a bug in Rollbook. Run the same command with --debug and report what it prints."
    return f"{type(error).__name__}: {first}. {bug}"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; every error ends as one line on standard error and an exit code (DESIGN's table)."""
    if arguments is None:  # a process of its own: a stop by the system ends it as Ctrl-C does, with nothing left behind
        signal.signal(signal.SIGTERM, signal.default_int_handler)
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
        return _complain(Exception(INTERRUPTED), 3)
    except RollbookError as error:
        if debug:
            raise
        return _complain(error, error.exit_code)
    except Exception as error:
        if debug:
            raise
        return _complain(Exception(_describe(error)), 3)


if __name__ == "__main__":
    sys.exit(main())
