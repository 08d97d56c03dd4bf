"""Everything that a user can name is documented: commands, options, rules, settings, profile keys, codes, tables."""

import ast
import configparser
import re
import tomllib
import types
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from importlib.metadata import version as version_of
from keyword import iskeyword
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import click
import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML
from sqlalchemy import Table, text

from cli.commands.reference import SYNCED
from cli.main import rollbook
from destinations.axcelerate.codes import CODES as AXCELERATE_CODES
from destinations.moon.codes import CODES as MOON_CODES
from destinations.registry import DESTINATIONS
from destinations.smarteru.codes import CODES
from ledger.database import open_database
from ledger.tables import held_enrollments, metadata, rollbook_batches, rollbook_deliveries, rollbook_syncs
from ledger.views import VIEWS
from rollbook.options import DestinationName
from rollbook.profile import Profile, parse_profile
from rollbook.rows.fields import FIELDS
from rollbook.rows.outcomes import OUTCOMES
from rollbook.rows.statuses import STATUSES
from rollbook.secrets import block_name
from rollbook.settings import Settings
from validators.rules import RULES, as_markdown

ROOT = Path(__file__).parents[1]
PREFECT = version_of("prefect")
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
_COMMAND_PAGES = ("commands", "after-a-run", "accounts", "reference-data")
COMMANDS_PAGE = "\n".join((DOCS / f"{name}.md").read_text() for name in _COMMAND_PAGES)
PROFILES_PAGE = "\n".join((DOCS / f"{name}.md").read_text() for name in ("profiles", "feeds", "notifications"))
SETTINGS_PAGE = (DOCS / "settings.md").read_text()
DASHBOARDS_PAGE = "\n".join((DOCS / name).read_text() for name in ("dashboards.md", "attendance-views.md"))
DESTINATIONS_PAGE = (DOCS / "destinations.md").read_text()
SMARTERU_CODES_PAGE = (DOCS / "smarteru-codes.md").read_text()
ROW_BY_ROW_PAGES = (DOCS / "moon.md").read_text() + (DOCS / "axcelerate.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
LEDGER_PAGE = (DOCS / "ledger.md").read_text()
OPERATING_PAGE = "\n".join(page.read_text() for page in sorted(DOCS.glob("operating*.md")))
MIGRATING_PAGE = (DOCS / "migrating.md").read_text()
PREFECT_PAGE = (DOCS / "prefect.md").read_text()
EVERY_PAGE = README + "".join(page.read_text() for page in sorted(DOCS.glob("*.md")))


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


# Where a page shows our command: after a prompt, in a line of its own, in a sentence, by its path.
_SHOWN = r"(?:\$ |`|bin/|sudo |^ {4,})rollbook"


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_and_its_options_are_told(name: str, command: click.Command) -> None:
    """docs/commands.md and its sequels have a section for each command that names all of its options."""
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
    pages = README + COMMANDS_PAGE + PROFILES_PAGE + SETTINGS_PAGE
    # Pages that show other programs too count where they show ours.
    pages += "\n".join(re.findall(rf"{_SHOWN} [^\n`]*", EVERY_PAGE, re.MULTILINE))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", pages)) - known == set()
    names = {name.split()[0] for name, _ in COMMANDS}
    assert set(re.findall(rf"{_SHOWN} ([a-z][a-z-]*)", EVERY_PAGE, re.MULTILINE)) - names == set()


@pytest.mark.parametrize("name", DESTINATIONS)
def test_every_destination_is_told(name: str) -> None:
    """docs/destinations.md has a line for each, and every command that takes `--to` names it."""
    assert name in get_args(DestinationName)
    assert any(line.startswith(f"| `{name}` |") for line in DESTINATIONS_PAGE.splitlines())
    lines = [line for line in COMMANDS_PAGE.splitlines() if line.startswith("| `--to DESTINATION` |")]
    takers = [command for _, command in COMMANDS if any("--to" in parameter.opts for parameter in command.params)]
    assert len(lines) == len(takers)
    assert [line for line in lines if f"`{name}`" not in line] == []


@pytest.mark.parametrize("system", SYNCED)
def test_every_system_that_can_be_read_is_told(system: str) -> None:
    """docs/reference-data.md names what `reference sync` takes."""
    assert f"`{system}`" in section(COMMANDS_PAGE, "`rollbook reference sync`")


def test_the_table_of_codes_is_what_the_program_says() -> None:
    """docs/smarteru-codes.md has every code, with scope, meaning, remedy and the rules that foresee it."""
    told = [tuple(cell.strip() for cell in line[1:-1].split("|")) for line in SMARTERU_CODES_PAGE.splitlines()]
    table = [cells for cells in told if cells[0].startswith(("SU:", "ESH:"))]
    foreseen = {code: ", ".join(f"`{name}`" for name, rule in RULES.items() if code in rule.foresees) for code in CODES}
    assert table == [(it.code, it.scope, it.meaning, it.remedy, foreseen[it.code]) for it in CODES.values()]


def test_the_tables_of_codes_of_ours_are_what_the_program_says() -> None:
    """Of Moon ERP and aXcelerate, which have none: meaning, remedy and the rules that foresee it."""
    told = [tuple(cell.strip() for cell in line[1:-1].split("|")) for line in ROW_BY_ROW_PAGES.splitlines()]
    table = [cells for cells in told if re.fullmatch(r"`(moon|axcelerate)\.\w+`", cells[0])]
    codes = [*MOON_CODES.values(), *AXCELERATE_CODES.values()]
    foreseen = [", ".join(f"`{name}`" for name, rule in RULES.items() if one.code in rule.foresees) for one in codes]
    assert table == [
        (f"`{one.code}`", one.meaning, one.remedy, rules) for one, rules in zip(codes, foreseen, strict=True)
    ]


@pytest.mark.parametrize("name", metadata.tables)
def test_every_table_is_told(name: str) -> None:
    """docs/ledger.md says of every table what a line of it is."""
    assert re.search(rf"^\| `{name}` \| \w+", LEDGER_PAGE, re.MULTILINE)


@pytest.mark.parametrize("table", [rollbook_batches, rollbook_deliveries, held_enrollments, rollbook_syncs], ids=str)
def test_the_columns_of_the_outbox_are_told(table: Table) -> None:
    """docs/ledger.md has the columns of the tables that a delivery can be looked up in, in their order."""
    told = section(LEDGER_PAGE, f"`{table.name}`")
    assert re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE) == table.c.keys()


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
    heading = {
        "values": "`[values.FIELD]`",
        "never": "`[columns]`",
        "ignore": "`[columns]`",
        "preset": "`preset`",
        "report": "`preset`",
    }.get(path[0], f"`[{path[0]}]`")
    told = section(PROFILES_PAGE, heading)
    assert path in {("applies",), *((name,) for name in Profile.model_fields)} or re.search(rf"\b{path[-1]}\b", told)


@pytest.mark.parametrize("name", [*FIELDS, "grade_type", *STATUSES])
def test_every_field_and_status_is_told(name: str) -> None:
    """docs/profiles.md names whatever a profile may map to."""
    assert f"`{name}`" in PROFILES_PAGE


@pytest.mark.parametrize("path", list(keys(Settings)), ids=".".join)
def test_every_setting_is_told_with_its_default(path: tuple[str, ...]) -> None:
    """docs/settings.md names every setting in its section, with the default that the program has, as TOML writes it."""
    if path[0] == "source":
        told = section(SETTINGS_PAGE, "`[source.NAME]`")
        assert not path[1:] or f"| `{path[-1]}` |" in told
        return
    default: Any = Settings()
    for name in path:
        default = getattr(default, f"{name}_" if iskeyword(name) else name)
    if isinstance(default, BaseModel):
        assert f"## `[{path[0]}]`" in SETTINGS_PAGE
        return
    page = section(SETTINGS_PAGE, f"`[{path[0]}]`") if path[1:] else SETTINGS_PAGE.partition("\n## ")[0]
    told = next((line for line in page.splitlines() if line.startswith(f"| `{path[-1]}` |")), "")
    written = str(default).lower() if isinstance(default, bool) else default
    written = f"{written.days}d" if isinstance(written, timedelta) else written
    assert f"| `{written}` |" in told or (default is None and "| none |" in told)


def test_every_variable_of_the_environment_is_told() -> None:
    """docs/settings.md names every variable that the program reads, and no other of ours."""
    code = "".join(
        path.read_text() for room in ("rollbook", "pipeline", "flows", "cli") for path in (ROOT / room).rglob("*.py")
    )
    read = set(re.findall(r'"(ROLLBOOK_[A-Z_]+[A-Z])"', code))
    assert len(read) >= 4
    assert set(re.findall(r"ROLLBOOK_[A-Z_]+[A-Z]", SETTINGS_PAGE)) == read


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_and_column_is_told(view: str) -> None:
    """docs/dashboards.md, or docs/attendance-views.md, has a table of the columns of each view, in their order."""
    told = section(DASHBOARDS_PAGE, f"`{view}`")
    assert tuple(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE)) == VIEWS[view]


def test_the_example_queries_run(prepared_url: str) -> None:
    """Whoever copies a query from these pages gets an answer, on each database."""
    queries = re.findall(r"```sql\n(.*?)```", DASHBOARDS_PAGE, re.DOTALL)
    engine = open_database(prepared_url, create=False)
    with engine.connect() as connection:
        answers = [connection.execute(text(query.strip().rstrip(";"))).all() for query in queries]
    engine.dispose()
    assert len(answers) >= 5


def test_the_examples_of_profiles_and_settings_are_valid() -> None:
    """Whoever copies an example starts from one that Rollbook takes."""
    of_settings, of_owner = _examples("toml", (DOCS / "notifications.md").read_text())
    assert Settings.model_validate(tomllib.loads(of_settings)).notify.is_set
    assert parse_profile(of_owner).owner.mail
    for page in ((DOCS / "profiles.md").read_text(), MIGRATING_PAGE):
        assert [parse_profile(example) for example in _examples("toml", page)] != []
    for page in (SETTINGS_PAGE, OPERATING_PAGE):
        assert [Settings.model_validate(tomllib.loads(example)) for example in _examples("toml", page)] != []


def _examples(language: str, page: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_the_examples_of_python_name_what_exists() -> None:
    """What an example imports can be imported, and it is Python."""
    examples = _examples("python", OPERATING_PAGE)
    assert len(examples) == 2
    for example in examples:
        for node in ast.walk(ast.parse(example)):
            if isinstance(node, ast.ImportFrom):
                assert [getattr(import_module(str(node.module)), each.name) for each in node.names] != []
    secrets = set(re.findall(r'"(rollbook-[a-z-]+)"', examples[1]))
    assert secrets == {block_name(name) for name in ("ROLLBOOK_SMARTERU_ACCOUNT_API", "ROLLBOOK_SMARTERU_USER_API")}


def test_every_flow_and_its_schedule_is_told() -> None:
    """docs/prefect.md names every flow; prefect.yaml deploys those of `rollbook serve`, with parameters they take."""
    from prefect import Flow

    from flows import deployments as deployed
    from flows.serve import FLOWS

    flows = {name: each for name, each in vars(deployed).items() if isinstance(each, Flow)}
    told = re.findall(r"^\| `([\w-]+)` \|", section(PREFECT_PAGE, "The flows"), re.MULTILINE)
    assert sorted(told) == sorted(each.name for each in flows.values())
    deployments = YAML(typ="safe").load(ROOT / "prefect.yaml")["deployments"]
    found = {each["entrypoint"]: each["parameters"] for each in deployments}
    assert set(found) == {f"flows.deployments.{name}" for name, each in flows.items() if each.name in FLOWS}
    for entrypoint, parameters in found.items():
        flow = flows[entrypoint.rpartition(".")[2]]
        assert set(parameters) <= set(flow.parameters.properties)
        assert set(flow.parameters.required or ()) <= set(parameters)
    assert [version for version in re.findall(r"Prefect (\d[\d.]+\d)", EVERY_PAGE) if version != PREFECT] == []
    assert YAML(typ="safe").load(ROOT / "prefect.yaml")["prefect-version"] == PREFECT


def test_the_server_of_the_examples_keeps_its_slots() -> None:
    """Each page that starts a Prefect server sets what `rollbook serve` asks of one."""
    from flows.serve import LASTING_LEASES, LEASES

    starting = [page for page in (OPERATING_PAGE, PREFECT_PAGE) if "prefect server start" in page]
    assert len(starting) == 2
    assert [page for page in starting if f"{LEASES}={LASTING_LEASES}" not in page] == []


def test_the_units_are_read_by_systemd() -> None:
    """Each has its sections, names its file before it, and starts a program of the environment."""
    units = re.findall(r"`/etc/systemd/system/([\w.@-]+)`.*?```ini\n(.*?)```", OPERATING_PAGE, re.DOTALL)
    assert len(units) == len(_examples("ini", OPERATING_PAGE)) == 5
    for name, text_of_unit in units:
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.read_string(text_of_unit)
        kind = "Timer" if name.endswith(".timer") else "Service"
        assert unit.has_section("Unit")
        assert unit.has_section(kind)
        if kind == "Service":
            program = r"/bin/sh -c '" if "@" in name else r"/opt/rollbook/\.venv/bin/(rollbook|prefect) \w+"
            assert re.match(program, unit["Service"]["ExecStart"])
            # No exit code but 0 is a success: nobody would hear of failed rows.
            assert "SuccessExitStatus" not in unit["Service"]
            started = unit["Unit"].get("OnFailure", "")
            assert not started or started.replace("%n", "").replace("@.", "@.") in {other for other, _ in units}


def test_every_outcome_and_exit_code_is_told() -> None:
    """docs/commands.md says what becomes of a row, and what a command ends with."""
    outcomes = section(COMMANDS_PAGE, "Outcomes")
    assert [outcome for outcome in OUTCOMES if f"`{outcome}`" not in outcomes] == []
    exits = section(COMMANDS_PAGE, "Exit codes")
    assert re.findall(r"^\| (\d) \|", exits, re.MULTILINE) == ["0", "1", "2", "3"]


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title) for title in titles]
    return {re.sub(r"[^\w -]", "", title.strip().lower()).replace(" ", "-") for title in plain}


def is_broken(page: Path, target: str) -> bool:
    """Whether a link of a page names a file that does not exist, or a heading that it does not have."""
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    return not file.exists() or (anchor != "" and anchor not in anchors(file.read_text()))


def test_links_between_pages_lead_somewhere() -> None:
    """A page, heading or picture that moved takes its links along."""
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        if "://" not in target and is_broken(page, target)
    ]
    assert broken == []


def test_a_page_does_one_job() -> None:
    """A page of more than 250 lines is two. docs/rules.md is looked up and not read."""
    lengths = {page.name: len(page.read_text().splitlines()) for page in DOCS.glob("*.md") if page.name != "rules.md"}
    assert {name: lines for name, lines in lengths.items() if lines > 250} == {}


def test_the_paths_that_contributors_are_sent_to_exist() -> None:
    """CONTRIBUTING.md names files and folders from the root, so that each can be opened."""
    named = re.findall(r"`(\.?\w[\w./-]*(?:/|\.(?:py|md|toml|yaml|xsd|lock)))`", CONTRIBUTING)
    assert len(named) >= 40
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", ["training_enrollments", "employees", "courses", "training_sessions"])
def test_every_column_of_what_the_rows_become_is_documented(name: str) -> None:
    """In the section of its table in docs/ledger.md, with its type and where its value comes from."""
    section = (DOCS / "ledger.md").read_text().partition(f"### `{name}`\n")[2].partition("\n#")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert all(len(row) == 3 and row[1] and row[2].strip(" |") for row in rows)
    named = [column for row in rows for column in re.findall(r"`(\w+)`", row[0])]
    assert sorted(named) == sorted(metadata.tables[name].columns.keys())


def test_the_picture_of_the_house_is_the_house() -> None:
    """docs/architecture.md draws the layers that the linter keeps, from the command line down to the ground floor."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (layers,) = [
        contract["layers"] for contract in settings["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"
    ]
    floors = [set(layer.split(" | ")) for layer in layers]
    picture = (DOCS / "architecture.md").read_text().partition("```mermaid\nflowchart TD\n")[2].partition("```")[0]
    arrows = set(re.findall(r'(\w+)(?:\["[^"]*"\])? --> (\w+)', picture))
    assert {name for arrow in arrows for name in arrow} == set.union(*floors)
    floor_of = {name: number for number, floor in enumerate(floors) for name in floor}
    assert all(floor_of[above] < floor_of[below] for above, below in arrows)


def test_the_paths_of_the_architecture_exist() -> None:
    """Each can be opened."""
    named = re.findall(r"`(\w[\w/]*(?:/|\.py))`", (DOCS / "architecture.md").read_text())
    assert len(named) >= 20
    assert [path for path in named if not (ROOT / path).exists()] == []
