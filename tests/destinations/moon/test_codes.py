"""Every code of Moon ERP's says what it means, and rules foresee codes that may blame their fields."""

import pytest

from destinations.moon import codes
from destinations.moon.codes import CODES, find
from destinations.row_target import RefusalCode
from rollbook.rows.fields import FIELDS
from validators.rules import RULES


def test_each_code_stands_under_its_own_name_and_blames_fields_of_ours() -> None:
    for name, code in CODES.items():
        assert code.code == name
        assert name.startswith("moon.")
        assert code.fields
        assert set(code.fields) <= set(FIELDS)


def test_every_name_in_the_module_is_in_the_table() -> None:
    named = {text for text in vars(codes).values() if isinstance(text, str) and text.startswith("moon.")}
    assert named == set(CODES)


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_meaning_and_remedy_are_sentences(code: RefusalCode) -> None:
    for text in (code.meaning, code.remedy):
        assert text.endswith(".")
        assert text[0].isupper() or text.startswith("`rollbook")


def test_moon_erps_fields_are_told_as_ours() -> None:
    assert set().union(*codes.FIELDS.values()) <= set(FIELDS)
    assert codes.FIELDS["score"] == ("grade",)


def test_a_rule_that_foresees_a_code_looks_at_a_field_that_the_code_may_blame() -> None:
    foreseen = [(rule, code) for rule in RULES.values() for code in rule.foresees if code.startswith("moon.")]
    assert foreseen
    for rule, code in foreseen:
        assert "moon" in rule.applies
        assert set(rule.fields) & set(CODES[code].fields), (rule.code, code)


def test_what_is_not_in_the_table_is_found_as_unknown() -> None:
    assert find("moon.session_full") is CODES["moon.session_full"]
    assert find("moon.other").fields == ()
