"""The template in a language: its sheets, headers, explanations and statuses, from `template_words/`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from reports.workbook.template_columns import TemplateColumn, template_columns
from rollbook.rows.statuses import STATUSES

ENGLISH = "en"
# These columns are known by their English names only.
_ONLY_ENGLISH = ("axcelerate",)


class NoTemplate(Exception):
    """There is no template for the destination in the language; the text says what there is."""


@dataclass(frozen=True)
class TemplateWords:
    """The words around the columns.

    hints: the steps of filling it in. unlisted: what is said of a status that is not in the list.
    """

    data_sheet: str = "Attendance"
    help_sheet: str = "How to fill it in"
    title: str = "How to fill in this workbook"
    step: str = "Step"
    column: str = "Column"
    what: str = "What to write"
    the_column: str = "The column"
    one_of: str = "One of"
    unlisted: str = "This word is not in the list. Keep it only if you know that it is understood."
    hints: Sequence[str] = (
        (
            "Write one row for each learner in each session. Overwrite the gray example rows; if they stay, they are "
            "ignored."
        ),
        (
            "Keep the header row as it is. Columns that you do not need can be deleted; others can be added, and are "
            "kept too."
        ),
        "Write dates as real dates, or as 2023-03-14. Column formats keep the zeros in front of IDs.",
        "Leave a cell blank if you do not know it. Do not merge cells, and do not add totals or notes below the table.",
        "Save the workbook, then import it like any other file. Rows with a problem come back, and nothing is lost.",
    )


def languages() -> tuple[str, ...]:
    """The codes of the languages in which there is a template, English first."""
    names = (file.name for file in files("reports.workbook.template_words").iterdir())
    return (ENGLISH, *sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def template_in(language: str, destination: str) -> tuple[TemplateWords, tuple[TemplateColumn, ...]]:
    """The words and the columns for a destination, as `--to` names it; raises NoTemplate."""
    columns = template_columns(destination)
    if language == ENGLISH:
        return TemplateWords(), columns
    if language not in languages():
        raise NoTemplate(f"There is no template in “{language}”. There is one in {', '.join(languages())}.")
    if destination in _ONLY_ENGLISH:
        raise NoTemplate("The template for aXcelerate is in English: its headers are known in no other language.")
    text = (files("reports.workbook.template_words") / f"{language}.toml").read_text(encoding="utf-8")
    said = tomllib.loads(text)
    words = {name: said[name] for name in TemplateWords.__dataclass_fields__}
    return TemplateWords(**words), tuple(_translated(column, said) for column in columns)


def _translated(column: TemplateColumn, said: Mapping[str, Any]) -> TemplateColumn:
    own = dict(said["columns"][column.field])
    choices = tuple(said["statuses"]) if column.choices == STATUSES else column.choices
    return replace(column, choices=choices, **{**own, "examples": tuple(own.get("examples", column.examples))})
