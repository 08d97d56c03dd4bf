"""Everything that a user can name is documented: commands, options, rules, settings, profile keys, view columns."""

import re
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import click
import pytest
from pydantic import BaseModel
from sqlalchemy import text

from flows.cli import rollbook
from ledger.database import open_database
from ledger.views import VIEWS
from rollbook.fields import FIELDS
from rollbook.outcomes import OUTCOMES
from rollbook.profile import Profile, parse_profile
from rollbook.settings import Settings
from rollbook.statuses import STATUSES
from validators.rules import RULES, as_markdown

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
COMMANDS_PAGE = (DOCS / "commands.md").read_text()
PROFILES_PAGE = (DOCS / "profiles.md").read_text()
SETTINGS_PAGE = (DOCS / "settings.md").read_text()
DASHBOARDS_PAGE = (DOCS / "dashboards.md").read_text()


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """(`failures ignore`, the command) of every command that is not a group; a hidden one bears its group's name."""
    for name, command in group.commands.items():
        words = path if command.hidden else (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, words)
        else:
            yield " ".join(words), command


COMMANDS = list(commands(rollbook))


def section(page: str, heading: str) -> str:
    """What stands under a heading, to the next one of the same depth."""
    found = re.search(rf"^(#+) {re.escape(heading)}.*?$(.*?)(?=^\1 |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {heading!r}"
    return found[2]


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_and_its_options_are_told(name: str, command: click.Command) -> None:
    """docs/commands.md has a section for each command that names all of its options."""
    told = section(COMMANDS_PAGE, f"`rollbook {name}`")
    shared = section(COMMANDS_PAGE, "Options of every command")
    options = [
        option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts
    ]
    assert [option for option in options if f"`{option}" not in told and f"`{option}" not in shared] == []


def test_the_pages_tell_of_no_option_or_command_that_does_not_exist() -> None:
    """An option that was removed or renamed leaves the pages too."""
    known = {option for _, command in COMMANDS for parameter in command.params for option in parameter.opts}
    known |= {option for parameter in rollbook.params for option in parameter.opts} | {"--help", "--version"}
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README + COMMANDS_PAGE + PROFILES_PAGE + SETTINGS_PAGE))
    assert told - known == set()
    names = {name.split()[0] for name, _ in COMMANDS}
    every_page = README + "".join(page.read_text() for page in DOCS.glob("*.md"))
    assert set(re.findall(r"`rollbook ([a-z]+)", every_page)) - names == set()


def test_the_list_of_rules_is_the_table_of_rules() -> None:
    """docs/rules.md is what `make docs` writes today, and has a section for every rule."""
    page = (DOCS / "rules.md").read_text()
    assert page == as_markdown()
    assert [code for code in RULES if f"### `{code}`" not in page] == []


def keys(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every key of a model and of the models inside it, by the names that a TOML file uses."""
    for name, field in model.model_fields.items():
        here = (*path, field.alias or name)
        yield here
        for inner in _models_in(field.annotation):
            yield from keys(inner, here)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, types.UnionType, dict, list, tuple):
        for inner in get_args(annotation):
            yield from _models_in(inner)


@pytest.mark.parametrize("path", list(keys(Profile)), ids=".".join)
def test_every_profile_key_is_told(path: tuple[str, ...]) -> None:
    """docs/profiles.md names every section, and every key in its section."""
    heading = {"values": "`[values.FIELD]`", "never": "`[columns]`"}.get(path[0], f"`[{path[0]}]`")
    told = section(PROFILES_PAGE, heading)
    assert path in {("applies",), *((name,) for name in Profile.model_fields)} or re.search(rf"\b{path[-1]}\b", told)


@pytest.mark.parametrize("name", [*FIELDS, "grade_type", *STATUSES])
def test_every_field_and_status_is_told(name: str) -> None:
    """docs/profiles.md names whatever a profile may map to."""
    assert f"`{name}`" in PROFILES_PAGE


@pytest.mark.parametrize("path", list(keys(Settings)), ids=".".join)
def test_every_setting_is_told_with_its_default(path: tuple[str, ...]) -> None:
    """docs/settings.md names every setting, with the default that the program has."""
    if path in (("reading",), ("rules",)):
        assert f"## `[{path[0]}]`" in SETTINGS_PAGE
        return
    told = next((line for line in SETTINGS_PAGE.splitlines() if line.startswith(f"| `{path[-1]}` |")), "")
    default: Any = Settings()
    for name in path:
        default = getattr(default, name)
    assert f"| `{default}` |" in told or (default is None and "| none |" in told)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_and_column_is_told(view: str) -> None:
    """docs/dashboards.md has a table of the columns of each view, in their order."""
    told = section(DASHBOARDS_PAGE, f"`{view}`")
    assert tuple(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE)) == VIEWS[view]


def test_the_example_queries_run(database_url: str) -> None:
    """Whoever copies a query from docs/dashboards.md gets an answer, on each database."""
    queries = re.findall(r"```sql\n(.*?)```", DASHBOARDS_PAGE, re.DOTALL)
    engine = open_database(database_url, create=True)
    with engine.connect() as connection:
        answers = [connection.execute(text(query.strip().rstrip(";"))).all() for query in queries]
    engine.dispose()
    assert len(answers) >= 5


def test_the_examples_of_profiles_and_settings_are_valid() -> None:
    """Whoever copies an example starts from one that Rollbook takes."""
    profiles = re.findall(r"```toml\n(.*?)```", PROFILES_PAGE, re.DOTALL)
    assert [parse_profile(example) for example in profiles] != []
    settings = re.findall(r"```toml\n(.*?)```", SETTINGS_PAGE, re.DOTALL)
    assert [Settings.model_validate(tomllib.loads(example)) for example in settings] != []


def test_every_outcome_and_exit_code_is_told() -> None:
    """docs/commands.md says what becomes of a row, and what a command ends with."""
    outcomes = section(COMMANDS_PAGE, "Outcomes")
    assert [outcome for outcome in OUTCOMES if f"`{outcome}`" not in outcomes] == []
    exits = section(COMMANDS_PAGE, "Exit codes")
    assert re.findall(r"^\| (\d) \|", exits, re.MULTILINE) == ["0", "1", "2", "3"]


def test_links_between_pages_lead_somewhere() -> None:
    """A page or picture that moved takes its links along."""
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
