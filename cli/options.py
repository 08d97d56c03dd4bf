"""Options and arguments that commands share, made of the objects that take them."""

import os
import types
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import click

from rollbook.options import LIMITS, EngineOptions, Invocation, JudgingOptions, QueryOptions

if TYPE_CHECKING:
    from pipeline.execution import Orchestrate, Orchestrator

_Command = TypeVar("_Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)
_OUTPUT = "Output"


class GroupedCommand(click.Command):
    """A command whose help shows its options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A section a group, in the order in which each first comes; those of no group last."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(option, "group", None) or "Options", []).append(record)
        for name, records in sorted(sections.items(), key=lambda section: section[0] == "Options"):
            with formatter.section(name):
                formatter.write_dl(records)


class GroupedOption(click.Option):
    """An option that knows the group in which its help stands."""

    def __init__(self, *names: Any, group: str | None = None, **more: Any) -> None:
        super().__init__(*names, **more)
        self.group = group


def option(*names: str, group: str | None = None, **more: Any) -> Callable[[_Command], _Command]:
    """`click.option`, in a group of the help."""
    return click.option(*names, cls=GroupedOption, group=group, **more)


def _takes(kind: type, name: str, only: Sequence[str] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options for the fields of a dataclass, which the command takes as one argument of that name."""
    hints = get_type_hints(kind)
    chosen = [each for each in fields(kind) if not only or each.name in only]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def call(**given: Any) -> Any:
            own = {each.name: given.pop(each.name) for each in chosen}
            return command(**given, **{name: kind(**own)})

        decorated: Callable[..., Any] = call
        for each in reversed(chosen):
            told = each.metadata
            spelled = told.get("option", "--" + each.name.replace("_", "-"))
            decorated = option(
                spelled,
                each.name,
                default=each.default,
                help=told["description"],
                group=told["group"],
                metavar=told.get("metavar"),
                **_kind_of(hints[each.name], told),
            )(decorated)
        return decorated

    return decorate


def _kind_of(hint: Any, told: Any) -> dict[str, Any]:
    """What click must know of a field's type."""
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is Literal:
        return {"type": click.Choice(get_args(hint))}
    if hint is bool:
        return {"is_flag": True}
    if hint is int:
        return {"type": click.IntRange(told.get("ge"), told.get("le"))}
    if hint is float:
        return {"type": click.FloatRange(told.get("ge"), told.get("le"))}
    return {"type": _PATH if hint is Path else str}


JUDGING = _takes(JudgingOptions, "judging", [each.name for each in fields(JudgingOptions) if each.name != "notify"])
# Of commands that do not notify by themselves.
JUDGING_AND_NOTIFY = _takes(JudgingOptions, "judging")
QUERY = _takes(QueryOptions, "query")
RAISED_LIMITS = _takes(JudgingOptions, "judging", ("out", "by", *LIMITS))


def engine(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--workers` or `--dask`, which the command takes as `engine`."""

    @wraps(command)
    def call(engine: EngineOptions, **given: Any) -> Any:
        if engine.workers is not None and engine.dask is not None:
            raise click.UsageError("Use --workers or --dask, not both.")
        return command(engine=engine, **given)

    return _takes(EngineOptions, "engine")(call)


FILES = click.argument("files", nargs=-1, required=True, metavar="FILE…")
RUN = click.argument("run")
PROFILE = option("--profile", type=_PATH, group="Files", help="Profile, or folder of profiles.")
SETTINGS = option("--settings", type=_PATH, group=_OUTPUT, help="Settings file (default: rollbook.toml if it exists).")
DATABASE = option("--database", metavar="URL", group=_OUTPUT, help="Database (default: sqlite:///rollbook.db).")
JSON = option("--json", is_flag=True, group=_OUTPUT, help="Print one JSON object to standard output.")
QUIET = option("--quiet", is_flag=True, group=_OUTPUT, help="Print only problems, one line each.")
OUT = option("--out", type=_PATH, group="Files", help="Folder for a report of what stays (default: none is written).")
REPORTS = option("--out", type=_PATH, group="Files", help="Folder of reports (default: rollbook-out).")
BY = option("--by", metavar="NAME", group=_OUTPUT, help="Your name, for the record (default: your login).")
CREATE = option("--create", is_flag=True, help="Create the database if it does not exist.")


def shared(*left_out: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Where the settings and the database are and how to answer, which the command takes as `invocation`.

    left_out: of `database` and `json`, what the command does not have.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def call(**given: Any) -> Any:
            own = {name: given.pop(name) for name in ("settings", "database", "json", "quiet") if name in given}
            judging: JudgingOptions | None = given.get("judging")
            profile = judging.profile if judging else given.get("profile")
            out = judging.out if judging else None
            return command(invocation=Invocation(**own, profile=profile, out=out), **given)

        decorated: Callable[..., Any] = call
        for name, each in (("quiet", QUIET), ("json", JSON), ("database", DATABASE), ("settings", SETTINGS)):
            if name not in left_out:
                decorated = each(decorated)
        return decorated

    return decorate


SHARED = shared()


def prefect(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--prefect`, or the environment's word for it; the command takes what does its steps as `orchestrate`."""

    @wraps(command)
    def call(prefect: bool, **given: Any) -> Any:
        return command(orchestrate=orchestrate(asked=prefect), **given)

    return option("--prefect", is_flag=True, group=_OUTPUT, help="Run the steps as a Prefect flow.")(call)


def orchestrate(*, asked: bool = False) -> "Orchestrate":
    """What does the steps of runs: Prefect where that is asked for, or a server is named."""
    return _prefect if asked or os.environ.get("PREFECT_API_URL") else None


def _prefect() -> "Orchestrator":
    from flows.tasks import Prefect

    return Prefect()
