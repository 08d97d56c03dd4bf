"""Identities: IDs as text, e-mail addresses without case."""

import re
from functools import partial

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.fields import FIELDS
from transforms.cleaned import BLANK, Cleaned, Verdict, judge_odd, texts
from transforms.text import characters_of, judge_text, odd_texts, trim, trim_all

# No identities: else all learners of a sheet whose ID is `N/A` would be one person. `NA` alone may be a code.
NO_ID = frozenset(["-", "--", "\u2013", "\u2014", "?", "n/a", "null", "none", "nan"])

_EXACT_DIGITS = 15
_FROM_A_NUMBER = rf"^(0|[1-9][0-9]{{0,{_EXACT_DIGITS - 1}}})\.0$"
_FROM_A_LONG_NUMBER = re.compile(r"([1-9][0-9]*)\.0")
_SHORTENED = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE]\+[0-9]{1,3}")
_MAX_EMAIL = FIELDS["learner_email"].max_length
_MAX_WRAPPED = 1000
# What stands around addresses that were copied from a mail program.
_WRAPPINGS = (r"^([^;]*);$", r"^[^<>]*<([^<>]*)>$", r"^mailto:([^?]*)(?:\?.*)?$")


def clean_ids(cells: pd.Series, max_length: int) -> Cleaned:
    """IDs as text: outer blanks go, leading zeros stay; `1001.0`, a number that went through a program, is `1001`.

    `-`, `?`, `N/A`, `null` and their like are blanks. Codes: `id.precision_lost` (`1.23457E+11`, or `.0` behind more
    than 15 digits), and those of `transforms.text.clean_text`; line breaks inside are control characters here.
    """
    array = without_placeholders(trim_all(texts(cells)))
    if pc.any(pc.ends_with(array, ".0")).as_py():
        array = pc.replace_substring_regex(array, _FROM_A_NUMBER, r"\1")
    lost = pc.or_(pc.ends_with(array, ".0"), pc.match_substring(array, "+"))
    odd = pc.or_(odd_texts(array, max_length), lost)
    return judge_odd(array, odd, partial(_judge_id, max_length=max_length), cells.index)


def clean_emails(cells: pd.Series) -> Cleaned:
    """Addresses trimmed and without case, bare of `mailto:` and of the name before `<a@b.c>`.

    Their form is for the rules to judge. `-`, `?`, `N/A`, `null` are blanks. Codes: those of
    `transforms.text.clean_text`; line breaks inside are control characters here.
    """
    array = pc.ascii_lower(trim_all(texts(cells)))
    codes = characters_of(array)
    wrapped = bool(((codes >= ord(":")) & (codes <= ord("<"))).any()) or codes.max(initial=0) > 0x7F
    for wrapping in _WRAPPINGS if wrapped else ():
        array = trim_all(pc.replace_substring_regex(array, wrapping, r"\1"))
    array = without_placeholders(array)
    odd = odd_texts(array, _MAX_EMAIL)
    if wrapped:
        odd = pc.or_(odd, pc.match_substring_regex(array, r"[:;<]|[^\x00-\x7f]"))
    return judge_odd(array, odd, _judge_email, cells.index)


def without_placeholders(array: pa.Array) -> pa.Array:
    """The texts with those that say "none" made null."""
    placeholders = pc.is_in(pc.ascii_lower(array), value_set=pa.array(sorted(NO_ID), array.type))
    return pc.if_else(placeholders, pa.scalar(None, array.type), array)


def _judge_id(text: str, max_length: int) -> Verdict:
    if _SHORTENED.fullmatch(text):
        return Verdict(code="id.precision_lost", detail="a spreadsheet program shortened the number")
    if found := _FROM_A_LONG_NUMBER.fullmatch(text):
        detail = f"{len(found[1])} digits went through a number, which keeps {_EXACT_DIGITS}"
        return Verdict(code="id.precision_lost", detail=detail)
    return judge_text(text, max_length)


def _judge_email(text: str) -> Verdict:
    bare, before = _bare_address(text), text
    while bare != before and len(bare) <= _MAX_WRAPPED:
        bare, before = _bare_address(bare), bare
    return BLANK if bare in NO_ID else judge_text(bare, _MAX_EMAIL)


def _bare_address(text: str) -> str:
    text = trim(text.casefold())
    if any(mark in text for mark in ":;<"):
        for wrapping in _WRAPPINGS:
            text = trim(re.sub(wrapping, r"\1", text, flags=re.DOTALL))
    return text
