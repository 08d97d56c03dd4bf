"""The table of rules is whole, well formed and documented."""

import re
from pathlib import Path

import pytest

from rollbook.fields import FIELDS
from tests.validators.tables import failed
from validators.context import REFERENCE_COLUMNS
from validators.rules import RULES, SYSTEMS, as_markdown, render

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
    placeholders = set(re.findall(r"\{(\w+)\}", found.message + found.what_to_do))
    assert placeholders <= {"value", "header", "detail", "field", "name", "status"}


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


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_what_a_person_with_the_sheet_can_do_names_no_profile_setting_or_command(rule: object) -> None:
    """That is the administrator's part, which the failed-rows workbook leaves out."""
    found = RULES[rule.code]  # type: ignore[attr-defined]
    remedy = found.remedy.replace("`fault-….txt`", "")
    assert not re.search(r"`|\[|--|rollbook |\.toml", remedy), remedy
    assert remedy[0].isupper()
    assert not found.administrator or found.administrator.endswith(".")
