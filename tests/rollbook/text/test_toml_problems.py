"""What is wrong with a TOML file is said with the line that is right."""

import tomllib

import pytest

from rollbook.text.toml_problems import toml_problem


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[dates]\norder = "DMY"\n[values.status] "DNA" = "no_show"  \n',
            'line 3: write [values.status] on a line of its own (once in the file), and below it: "DNA" = "no_show"',
        ),
        (
            '[defaults] group_name = "Sales"\r\n',
            'line 1: write [defaults] on a line of its own (once in the file), and below it: group_name = "Sales"',
        ),
        (
            '[values.grade]\na = "Pass"\n\n[values.grade]  # more\nb = "Fail"\n',
            "line 4: [values.grade] is there already. Write its lines below the first one",
        ),
        ('[columns]\ngrade = "A"\ngrade = "B"\n', 'line 3: this key is there already: grade = "B"'),
        ("[columns]\ngrade = A\n", "Invalid value (at line 2, column 9)"),
        ("[columns]\nnever = [\n", "Invalid value (at end of document)"),
    ],
)
def test_the_line_that_is_right_is_said(text: str, told: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as raised:
        tomllib.loads(text)
    assert toml_problem(text, raised.value) == told
