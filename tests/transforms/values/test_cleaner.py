"""Each distinct text is judged once, and its verdict stands at every place of the text."""

import pyarrow as pa

from tests.transforms.verdicts import cells, said
from transforms.values.cleaner import CellVerdict, judge_distinct, judge_odd, texts


def test_a_text_is_judged_once() -> None:
    """However often it stands in the column; blanks are not judged."""
    seen: list[str] = []

    def judge(text: str) -> CellVerdict:
        seen.append(text)
        return CellVerdict(text.upper()) if text == "a" else CellVerdict(code="no.good", detail=text)

    column = cells(["a", None, "b", "a", "b"])
    cleaned = judge_distinct(column, judge)
    assert said(cleaned) == [
        ("A", None, None),
        (None, None, None),
        (None, "no.good", "b"),
        ("A", None, None),
        (None, "no.good", "b"),
    ]
    assert seen == ["a", "b"]
    assert all(part.index.equals(column.index) for part in (cleaned.values, cleaned.code, cleaned.detail))


def test_texts_that_are_made_alike_share_a_verdict() -> None:
    """So that many moments cost no more than their days."""
    seen: list[str] = []

    def judge(text: str) -> CellVerdict:
        seen.append(text)
        return CellVerdict(text)

    column = cells(["a1", "a1", None, "b2"])
    cleaned = judge_distinct(column, judge, alike=lambda _: texts(cells(["a", "b"])))
    assert said(cleaned) == [("a", None, None), ("a", None, None), (None, None, None), ("b", None, None)]
    assert seen == ["a", "b"]


def test_only_odd_texts_are_judged() -> None:
    """The others are their own value."""
    column = cells(["a", "!", None])
    odd = pa.array([False, True, None])
    cleaned = judge_odd(texts(column), odd, lambda text: CellVerdict(code="odd", detail=text), column.index)
    assert said(cleaned) == [("a", None, None), (None, "odd", "!"), (None, None, None)]


def test_an_empty_column_stays_one() -> None:
    """With the dtypes of a full one."""
    cleaned = judge_distinct(cells([]), lambda _: CellVerdict(), "datetime64[s]")
    assert (str(cleaned.values.dtype), str(cleaned.code.dtype)) == ("datetime64[s]", "str")
