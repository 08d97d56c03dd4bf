"""Charts: as high as their numbers, safe whatever their labels hold, told in words beside."""

import re

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from dashboard.charts import STACKED, Bar, share_bar, split_bar, stacked_bars

_NUMBERS = st.dictionaries(st.sampled_from(STACKED), st.integers(0, 10**9))


@given(st.lists(st.builds(Bar, st.just("/runs/1"), st.text(), _NUMBERS), max_size=70), st.text())
def test_bars_are_as_high_as_their_numbers(bars: list[Bar], label: str) -> None:
    """The tallest fills the chart; each is well-formed, and no label becomes markup."""
    drawn = str(stacked_bars(bars, label))
    assert "<script" not in drawn
    clean = re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd]", "", drawn)
    root = etree.fromstring(f"<x>{clean}</x>")[0]
    heights = []
    for bar, stack in zip(bars, root.iterfind("a"), strict=True):
        drawn_heights = [
            float(rect.get("height", "")) for rect in stack.iterfind("rect") if rect.get("class") != "whole"
        ]
        heights.append(sum(drawn_heights))
        assert len(drawn_heights) == sum(1 for number in bar.numbers.values() if number)
    tallest = max((bar.total for bar in bars), default=0)
    for bar, height in zip(bars, heights, strict=True):
        assert abs(height - (100.0 * bar.total / tallest if tallest else 0.0)) < 0.01


def test_other_bars_are_shares_of_the_whole() -> None:
    """None of nothing is no bar, not an error."""
    assert 'width="50.00"' in share_bar(5, 10)
    assert 'width="0.00"' in share_bar(0, 0)
    drawn = split_bar({"open": 1, "fixed": 3, "ignored": 0}, '1 <open> "x"')
    assert [float(width) for width in re.findall(r'width="([\d.]+)"', drawn)] == [25.0, 75.0, 0.0]
    assert 'aria-label="1 &lt;open&gt; &#34;x&#34;"' in drawn
    assert "NaN" not in split_bar({"open": 0}, "")
