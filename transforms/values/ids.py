"""Identities: IDs as text, e-mail addresses without case, both as `transforms.values.normalize` compares them."""

import re
from collections.abc import Collection
from functools import partial

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.rows.fields import FIELDS
from rollbook.rows.marks import SHOWN_OTHERWISE
from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, Judge, judge_odd, texts
from transforms.values.id_numbers import may_be_number, other_thing, plain_numbers, read_number, without_figure
from transforms.values.lookalikes import lookalike, lookalike_in_address
from transforms.values.normalize import address, bytes_of, identities, may_be_rewritten, trim, unquoted
from transforms.values.placeholders import DITTO, DITTOS, NO_LEARNER, nobodies, nobody, placeholders, without, words
from transforms.values.text import judge_text, odd_texts, trim_all

# The fields whose IDs are learners'.
LEARNERS = frozenset(["learner_email", "learner_employee_id", "contact_id"])
_MAX_EMAIL = FIELDS["learner_email"].max_length
_MAX_WRAPPED = 1000
# As reading has dates and times of workbooks.
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?|[0-9]{2,}:[0-9]{2}:[0-9]{2}"
# A formula in the place of what it gives, as exports write it that show formulas: `=B2`, `=T("007")`, `=007`.
_FORMULA = "^="
# What stands around addresses that were copied from a mail program.
_WRAPPINGS = (r"^([^;]*);$", r"^[^<>]*<([^<>]*)>$", r"^mailto:([^?]*)(?:\?.*)?$")


def clean_ids(
    cells: pd.Series,
    max_length: int,
    learner: bool = False,
    from_workbook: bool = False,
    own_script: bool = False,
    may_be_name: bool = False,
    numbered: bool = False,
    stored: Collection[str] = (),
) -> Cleaned:
    """IDs as text, as `normalize.identity` spells them; what went through a number is that number again.

    from_workbook: dates and times are cells that a spreadsheet program made such, at times of an ID as 3-24.
    own_script: as `transforms.values.lookalikes.own_script` says. may_be_name: a learner's ID may be a name. numbered:
    the learners' IDs are, as `id_numbers.are_numbered` says, so that a word is none. stored: IDs that are known to be
    of another script, letter by letter.
    Codes: `id.precision_lost`, `id.ambiguous` (`transforms.values.id_numbers`), `learner.lookalike` or
    `value.lookalike`, `cell.shown_otherwise` (a date), `cell.ditto`, and those of `transforms.values.text.clean_text`;
    line breaks inside are control characters here. `-`, `?`, `N/A`, `TBC` and their like are blanks; a learner's are
    `row.no_learner`. What begins with `=` is a formula that stands as text: `cell.error`.
    """
    array = plain_numbers(identities(trim_all(texts(cells))))
    empty = placeholders(array, learner)
    odd = pc.or_(odd_texts(array, max_length), may_be_number(array))
    if not bytes_of(array).isascii():
        odd = pc.or_(odd, pc.match_substring_regex(array, r"[^\x00-\x7f]"))
    if numbered:
        odd = pc.or_(odd, without_figure(array))
    if b"=" in bytes_of(array):
        odd = pc.or_(odd, pc.match_substring_regex(array, _FORMULA))
    if from_workbook and b":" in bytes_of(array):
        odd = pc.or_(odd, pc.match_substring_regex(array, f"^(?:{_MOMENT})$"))
    judge = partial(
        _judge_id,
        max_length=max_length,
        learner=learner,
        from_workbook=from_workbook,
        own_script=own_script,
        may_be_name=may_be_name,
        numbered=numbered,
        stored=stored,
    )
    return _cleaned(array, empty, odd, judge, learner, cells.index)


def clean_emails(cells: pd.Series) -> Cleaned:
    """Addresses as `normalize.address` spells them, bare of `mailto:` and of the name before `<a@b.c>`.

    Their form is for the rules to judge. Codes: `row.no_learner` (`n/a`, `noreply@example.com`), `learner.lookalike`,
    `cell.ditto`, and those of `transforms.values.text.clean_text`; line breaks inside are control characters here.
    """
    array = pc.ascii_lower(trim_all(texts(cells)))
    content = bytes_of(array)
    marked = any(sign in content for sign in (b":", b";", b"<"))
    for wrapping in _WRAPPINGS if marked else ():
        array = trim_all(pc.replace_substring_regex(array, wrapping, r"\1"))
    odd = pc.or_(odd_texts(array, _MAX_EMAIL), may_be_rewritten(array))
    for sign in [*(":;<" if marked else ""), *(["xn--"] if b"xn--" in content else [])]:
        odd = pc.or_(odd, pc.match_substring(array, sign))
    return _cleaned(array, nobodies(array), odd, _judge_email, True, cells.index)


def _cleaned(array: pa.Array, empty: pa.Array, odd: pa.Array, judge: Judge, learner: bool, index: pd.Index) -> Cleaned:
    """The array with its placeholders made null, dittos and a learner's told, and its odd texts judged."""
    if learner:
        return judge_odd(array, pc.or_(odd, empty), judge, index)
    array, repeated = without(array, empty)
    return judge_odd(array, pc.or_(odd, repeated), judge, index)


def _judge_id(
    text: str,
    max_length: int,
    learner: bool,
    from_workbook: bool,
    own_script: bool,
    may_be_name: bool,
    numbered: bool,
    stored: Collection[str],
) -> CellVerdict:
    if text.lower() in words(learner):
        return _placeholder(text, learner)
    if re.match(_FORMULA, text):
        return CellVerdict(code="cell.error")
    if from_workbook and re.fullmatch(_MOMENT, text):
        kind = "date" if "-" in text else "time"
        return CellVerdict(
            code=SHOWN_OTHERWISE, detail=f"it is a {kind}, perhaps made of an ID by a spreadsheet program"
        )
    if found := read_number(text, learner) or other_thing(text, learner, may_be_name, numbered):
        return found
    if character := lookalike(text, own_script or text in stored):
        return _lookalike(character, learner)
    return judge_text(text, max_length)


def _placeholder(text: str, learner: bool) -> CellVerdict:
    if text.lower() in DITTOS:
        return CellVerdict(code=DITTO)
    return _nobody(text) if learner else BLANK


def _lookalike(character: str, learner: bool) -> CellVerdict:
    return CellVerdict(code="learner.lookalike" if learner else "value.lookalike", detail=character)


def _judge_email(text: str) -> CellVerdict:
    bare, before = _bare_address(text), text
    while bare != before and len(bare) <= _MAX_WRAPPED:
        bare, before = _bare_address(bare), bare
    if found := lookalike_in_address(bare):
        return _lookalike(found, learner=True)
    bare = address(bare)
    if bare in DITTOS or text in DITTOS:
        return CellVerdict(code=DITTO)
    return _nobody(bare) if nobody(bare) else judge_text(bare, _MAX_EMAIL)


def _nobody(text: str) -> CellVerdict:
    return CellVerdict(code=NO_LEARNER, detail=f"\u201c{text}\u201d does not identify anyone")


def _bare_address(text: str) -> str:
    text = unquoted(text)
    if any(mark in text for mark in ":;<"):
        for wrapping in _WRAPPINGS:
            text = trim(re.sub(wrapping, r"\1", text, flags=re.DOTALL | re.IGNORECASE))
    return text if "@" in text else text.replace("%40", "@")
