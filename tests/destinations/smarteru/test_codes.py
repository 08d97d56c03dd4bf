"""Each code says what it means and whom it concerns; blocks are recognised in messages, and names are not."""

import pytest

from destinations.smarteru.codes import CODES, block_named, code_of, find
from rollbook.rows.fields import FIELDS
from validators.rules import RULES

GENERAL = {f"SU:{number:02}" for number in range(1, 14)} | {"SU:9999"}
HISTORY = {f"ESH:{number:02}" for number in range(1, 29)} - {"ESH:08"}


def test_every_documented_code_is_in_the_table_under_its_own_name() -> None:
    assert set(CODES) == GENERAL | HISTORY
    assert all(code.code == name for name, code in CODES.items())


def test_the_scopes_are_those_of_the_documentation() -> None:
    scopes = {scope: {name for name, code in CODES.items() if code.scope == scope} for scope in ("group", "account")}
    assert scopes == {"group": {"ESH:03", "ESH:04", "ESH:23", "ESH:24", "ESH:25"}, "account": {"SU:10", "ESH:11"}}
    assert {name for name, code in CODES.items() if code.scope == "call"} == GENERAL - {"SU:10"}


def test_codes_about_rows_blame_fields_and_codes_about_calls_none() -> None:
    for code in CODES.values():
        assert bool(code.fields) == (code.scope in ("block", "group")), code.code
        assert set(code.fields) <= set(FIELDS)


def test_a_rule_that_foresees_a_code_looks_at_a_field_that_the_code_may_blame() -> None:
    every = ((code, rule) for rule in RULES.values() if rule.fields for code in rule.foresees)
    foreseen = {code: rule for code, rule in every if code.isupper()}  # other systems' codes have another form
    assert set(foreseen) <= set(CODES)
    for code, rule in foreseen.items():
        assert set(rule.fields) & set(CODES[code].fields), (rule.code, code)


@pytest.mark.parametrize("code", CODES.values(), ids=str)
def test_meaning_and_remedy_are_sentences(code: object) -> None:
    for text in (getattr(code, "meaning", ""), getattr(code, "remedy", "")):
        assert text.endswith(".")
        assert text[0].isupper()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ESH:26", "ESH:26"),
        (" esh:26\n", "ESH:26"),
        ("ESH: 7", "ESH:07"),
        ("ESH:007", "ESH:07"),
        ("ESH26", "ESH:26"),
        ("SU:9999", "SU:9999"),
        ("su-1", "SU:01"),
        ("", ""),
        ("Oops!", "OOPS!"),
    ],
)
def test_codes_are_read_in_any_case_and_with_blanks(text: str, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("message", "block"),
    [
        ("Enrollment [3] - The grade is not valid.", 3),
        ("Enrollment 3 - The grade is not valid.", 3),
        ("  ENROLLMENT[ 12 ]-the date 2024-01-31 is not valid", 12),
        ("enrollment\u00a0[100] : the status is not valid", 100),
        ("Enrollment [block 4] - The session ID is missing.", 4),
        ("Enrollment [block #4] - The session ID is missing.", 4),
        ("Enrollment #7: The course ID is not valid.", 7),
        ("Enrollment 5", 5),
        ("Error: Enrollment [6] - the email address 'enrollment [9] - x' is not a user", 6),
        ("The group name 'Enrollment [7] - Nurses' is not valid.", None),
        ('The group name "Enrollment 7 - Nurses" is not valid.', None),
        ("The enrollment 2024-01-31 is not valid", None),
        ("Enrollment 12.5 is not a number", None),
        ("The user is already enrolled into the session.", None),
        ("Enrollment [0] - there is no such block", None),
        ("Re-enrollments are closed: 3 - 4 pm", None),
        ("Enrollment [99999999999999999999] - x", None),
        ("", None),
    ],
)
def test_a_block_is_recognised_with_or_without_brackets_and_never_inside_a_name(
    message: str, block: int | None
) -> None:
    assert block_named(message) == block


def test_a_known_code_is_found_whatever_its_message_says() -> None:
    assert find(" esh:17", "Enrollment [3] - whatever") is CODES["ESH:17"]


def test_an_unknown_code_is_about_the_block_that_its_message_names_else_about_the_call() -> None:
    assert find("ESH:29", "Enrollment [3] - something new").scope == "block"
    unknown = find("xyz:1", "Something new")
    assert (unknown.code, unknown.scope, unknown.fields) == ("XYZ:01", "call", ())
