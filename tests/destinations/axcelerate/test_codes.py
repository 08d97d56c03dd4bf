"""Each code says what it means, what to do, and which fields it may blame."""

import re
from pathlib import Path

import pytest

from destinations.axcelerate.codes import CODES, find
from destinations.codes import find as find_any
from rollbook.rows.fields import FIELDS

FOLDER = Path(__file__).parents[3] / "destinations" / "axcelerate"


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_meaning_and_remedy_are_sentences_and_fields_exist(code: object) -> None:
    known = find(code.code)  # type: ignore[attr-defined]
    assert known is find_any(known.code, "whatever")
    for text in (known.meaning, known.remedy):
        assert text.endswith(".")
        assert text[0].isupper() or text.startswith("aXcelerate")
    assert known.fields
    assert set(known.fields) <= set(FIELDS)


def test_every_code_that_the_folder_names_is_in_the_table_under_its_own_name() -> None:
    named = {code for path in FOLDER.glob("*.py") for code in re.findall(r'"(axcelerate\.[a-z_]+)"', path.read_text())}
    assert named == set(CODES)
    assert all(code.code == name for name, code in CODES.items())
    with pytest.raises(KeyError):
        find("axcelerate.other")
