"""SmarterU's answers as they were recorded: the declaration, ragged blanks, CDATA, empty tags in three ways."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Problem:
    """One error of an answer. block: the number of the block it is about, whether the message names it or not."""

    code: str
    message: str
    block: int | None = None
    names_block: bool = False


@dataclass(frozen=True)
class Style:
    """What nobody documents, so that a client has to bear it.

    takes: what happens to the good blocks of a batch with errors. info: which blocks `Info` lists (all: good and bad).
    numbers: how a message names its block (none: not even where the documentation says that it does).
    names: whether messages name the e-mail, the ID, the group. repeats: whether the same message stands there once for
    each block, or once. problems: only the first error of a block, or all.
    report: whether the learner report may be read. report_rows: what its `rows` counts. report_columns: whether it
    wants its `Columns` inside of `Report`, as recorded traffic has them, or behind it.
    group_filter: what becomes of the filter of the users' list by a group's name.
    status_tag: the element in which the report tells the status; None: only its filter on statuses tells.
    result_on_errors: what `Result` says then. empty: how an empty tag is written.
    """

    takes: Literal["good", "nothing"] = "good"
    info: Literal["taken", "all", "none", "shuffled"] = "taken"
    numbers: Literal["brackets", "plain", "none"] = "brackets"
    names: bool = True
    repeats: bool = True
    problems: Literal["first", "all"] = "first"
    report: bool = True
    report_rows: Literal["page", "total", "none"] = "page"
    report_columns: Literal["inside", "behind"] = "inside"
    group_filter: Literal["taken", "ignored", "refused"] = "taken"
    status_tag: str | None = None
    result_on_errors: Literal["Failed", "Success"] = "Failed"
    empty: Literal["closed", "blank", "missing"] = "closed"


def answer(result: str, info: str, problems: Iterable[Problem], style: Style) -> bytes:
    """An envelope around what `info` holds."""
    errors = "".join(
        f"\n\t\t<Error>\n\t\t\t<ErrorID>{problem.code}</ErrorID>\n"
        f"\t\t\t<ErrorMessage>{escape(problem.message)}</ErrorMessage>\n\t\t</Error>\n"
        for problem in problems
    )
    told = f"<Result>{result}</Result>\n\t{_filled('Info', info, style)}\n\t{_filled('Errors', errors, style)}"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<SmarterU>\n\t{told}\n</SmarterU>\n'.encode()


def _filled(name: str, content: str, style: Style) -> str:
    empty = {"closed": f"<{name}/>", "blank": f"<{name}>\n\t\t\n\t</{name}>", "missing": ""}
    return f"<{name}>{content}</{name}>" if content else empty[style.empty]


def element(name: str, text: str | None) -> str:
    """An element with text in CDATA; self-closed where there is none."""
    if not text:
        return f"<{name}/>"
    return f"<{name}><![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def moment(when: datetime | None) -> str | None:
    """As the recorded reports write it: 2015-06-10 19:33:42.0."""
    return f"{when:%Y-%m-%d %H:%M:%S}.0" if when else None
