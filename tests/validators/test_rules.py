"""The table of rules is whole, well formed and documented."""

import re
from pathlib import Path

import pytest

from rollbook.rows.fields import FIELDS
from rollbook.rows.remedies import for_the_administrator
from rollbook.systems import SYSTEM_NAMES
from tests.validators.tables import failed
from validators.context import REFERENCE_COLUMNS
from validators.rules import RULES, SYSTEMS, System, as_markdown, render, system_of

ROOT = Path(__file__).parents[2]
# Codes are stable: these are promised to whoever counts, filters or subscribes to them.
PROMISED = """
    row.no_learner row.ragged row.two_learners learner.ambiguous learner.email learner.unknown
    group.missing group.unknown group.not_member course.missing course.unknown course.not_in_group
    session.missing session.unknown session.ambiguous session.not_in_course session.full
    status.missing status.unknown status.not_deliverable
    grade.letter grade.pass_fail grade.percentage grade.not_attended grade.not_completed grade.not_graded grade.fraction
    grade.points
    date.missing date.invalid date.ambiguous date.in_future date.too_old date.order
    id.precision_lost value.too_long cell.control_character cell.error enrollment.conflict enrollment.exists
    outcome.unknown outcome.missing activity.unknown activity.mixed
    file.unreadable file.password file.too_large file.no_header file.changed file.missing_columns
    file.ambiguous_columns file.locked
""".split()


def test_every_promised_code_is_a_rule() -> None:
    """No code disappears."""
    assert set(PROMISED) <= set(RULES)


def test_every_code_that_the_sources_name_is_a_rule() -> None:
    """Whoever reports a failure takes its code from the table."""
    families = "|".join(sorted({code.split(".")[0] for code in RULES}))
    literal = re.compile(rf'["\']((?:{families})\.[a-z_]+)["\']')
    packages = ("sources", "transforms", "validators", "ledger", "destinations", "reports", "flows")
    texts = [path.read_text() for package in packages for path in (ROOT / package).rglob("*.py")]
    named = {code for text in texts for code in literal.findall(text)}
    assert named - set(RULES) == set()


def test_docs_rules_md_is_what_the_table_says_today() -> None:
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == as_markdown()


def test_every_rule_has_a_section() -> None:
    """The user's list is whole."""
    sections = re.findall(r"^### `(.+)`$", as_markdown(), flags=re.MULTILINE)
    assert sections == list(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_well_formed(rule: object) -> None:
    """Its fields, systems, kinds and placeholders exist, and its texts are sentences."""
    found = RULES[rule.code]  # type: ignore[attr-defined]
    assert set(found.fields) <= set(FIELDS)
    assert set(found.applies) <= set(SYSTEMS)
    assert set(found.needs) <= set(REFERENCE_COLUMNS)
    assert all(re.fullmatch(r"ESH:\d\d|moon\.[a-z_]+|axcelerate\.[a-z_]+", code) for code in found.foresees)
    assert found.checks.endswith(".")
    assert found.message.endswith(".")
    texts = [found.message, found.what_to_do, *found.elsewhere.values()]
    placeholders = set(re.findall(r"\{(\w+)\}", "".join(texts)))
    assert set(found.elsewhere) <= set(found.applies)
    assert all(text.endswith(".") for text in found.elsewhere.values())
    assert placeholders <= {"value", "key", "header", "detail", "field", "name", "status"}


def test_everything_that_smarteru_refuses_row_by_row_is_foreseen() -> None:
    """ESH:11, 25 and 28 concern the call, a permission and SmarterU itself; there is no ESH:08."""
    foreseen = {code for rule in RULES.values() for code in rule.foresees}
    assert {f"ESH:{number:02}" for number in range(1, 29)} - foreseen == {"ESH:08", "ESH:11", "ESH:25", "ESH:28"}


def test_rendered_failures_say_what_was_found_and_what_to_do() -> None:
    """Message and remedy are filled with the cell's value, the field and the detail, as far as there are any."""
    rendered = render(
        failed(
            {
                "row": 2,
                "field": "status",
                "value": "Excused",
                "code": "status.unknown",
                "detail": "no_show or cancelled",
            },
            {"row": 3, "field": "status", "value": "wat", "code": "status.unknown"},
            {"row": 4, "field": "session_start", "value": "25:00", "code": "date.invalid"},
        )
    )
    assert list(rendered["message"]) == [
        "“Excused” cannot be read as a status: no_show or cancelled.",
        "“wat” cannot be read as a status.",
        "“25:00” cannot be read as the session's start time, HH:MM.",
    ]
    assert rendered["remedy"][0].endswith('`[values.status] "Excused" = "…"`.')


@pytest.mark.parametrize("system", ["smarteru", "moon", "axcelerate"])
def test_a_remedy_speaks_of_the_system_that_the_rows_go_to(system: System) -> None:
    """No command loads what the system itself would still not know; none speaks of another system or of imports."""
    others = {name for word, name in SYSTEM_NAMES.items() if word != system} | {"imports into the database"}
    judged = [rule for rule in RULES.values() if system in rule.applies and rule.step in ("judging", "deciding")]
    lines = {rule.code: for_the_administrator(rule.what_to_do_for(system)) for rule in judged}
    # Moon ERP has neither groups nor courses: these come from a list.
    lines = {code: line for code, line in lines.items() if system != "moon" or not code.startswith(("group", "course"))}
    assert [line for line in lines.values() if any(name in line for name in others)] == []
    lists = [line for line in lines.values() if "reference load" in line]
    assert [line for line in lists if f"`rollbook reference sync {system}`" not in line] == []


def test_rendered_remedies_are_those_of_the_system() -> None:
    """A session that SmarterU does not know is added there, not here."""
    unknown = failed({"row": 2, "field": "session_id", "value": "S9", "code": "session.unknown", "detail": "S9"})
    assert "create" in render(unknown)["remedy"][0]
    assert "Add the session in SmarterU, then run" in render(unknown, system_of("smarteru-xml"))["remedy"][0]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_what_a_person_with_the_sheet_can_do_names_no_profile_setting_or_command(rule: object) -> None:
    """That is the administrator's part, which the failed-rows workbook leaves out."""
    found = RULES[rule.code]  # type: ignore[attr-defined]
    remedy = found.remedy.replace("`fault-….txt`", "")
    assert not re.search(r"`|\[|--|rollbook |\.toml", remedy), remedy
    assert remedy[0].isupper()
    assert not found.administrator or found.administrator.endswith(".")
