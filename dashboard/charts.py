"""Charts as SVG of our own: no script, no inline style, colours by class, so that both themes and CSP hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dashboard.wording import number, say, texts, word
from rollbook.rows.outcomes import OUTCOMES

# From the bottom up: rows that need nobody first, rows that need somebody last.
STACKED = ("unchanged", "duplicate", "loaded", "updated", "pending", "rejected", "failed")
assert set(STACKED) == set(OUTCOMES)
_HEIGHT = 100.0


@dataclass(frozen=True)
class Bar:
    """One bar: where it leads, what it is called, how many of each outcome."""

    href: str
    label: str
    numbers: Mapping[str, int]

    @property
    def total(self) -> int:
        """Its height."""
        return sum(self.numbers.get(name, 0) for name in STACKED)


def stacked_bars(bars: Sequence[Bar], label: str) -> Markup:
    """Runs over time: a bar each, stacked by outcome; it takes the width and height that the page gives it.

    The bars lead to their pages. Screen readers are told `label`; the numbers stand in a table beside.
    """
    tallest = max((bar.total for bar in bars), default=0) or 1
    width = 10.0 * max(len(bars), 12)
    parts = [Markup("").join(_stack(bar, 10.0 * at, tallest)) for at, bar in enumerate(bars)]
    head = Markup('<svg class="bars" viewBox="0 0 {} {}" preserveAspectRatio="none" role="group" aria-label="{}">')
    return head.format(f"{width:g}", f"{_HEIGHT:g}", label) + Markup("").join(parts) + Markup("</svg>")


def _stack(bar: Bar, left: float, tallest: int) -> list[Markup]:
    told = texts().comma.join(f"{number(bar.numbers[name])} {word(name)}" for name in STACKED if bar.numbers.get(name))
    pieces = [
        Markup('<a href="{}" tabindex="-1"><title>{}: {}</title>').format(bar.href, bar.label, told or say("no rows"))
    ]
    pieces.append(Markup('<rect class="whole" x="{:g}" y="0" width="10" height="{:g}"/>').format(left, _HEIGHT))
    floor = _HEIGHT
    for name in STACKED:
        height = _HEIGHT * bar.numbers.get(name, 0) / tallest
        floor -= height
        if height:
            rect = Markup('<rect class="of-{}" x="{:g}" y="{:.3f}" width="7" height="{:.3f}"/>')
            pieces.append(rect.format(name, left + 1.5, floor, height))
    return [*pieces, Markup("</a>")]


def share_bar(rows: int, of: int, kind: str = "rejected") -> Markup:
    """A horizontal bar in a cell of a table, beside its number."""
    width = 100.0 * rows / of if of else 0.0
    return Markup(
        '<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="of-{}" x="0" y="0" width="{:.2f}" height="10"/></svg>'
    ).format(kind, width)


def split_bar(numbers: Mapping[str, int], label: str) -> Markup:
    """One horizontal bar cut by kind: what is open against what is fixed and ignored."""
    whole = sum(numbers.values()) or 1
    pieces, left = [], 0.0
    for name, rows in numbers.items():
        width = 100.0 * rows / whole
        rect = Markup('<rect class="of-{}" x="{:.3f}" y="0" width="{:.3f}" height="10"><title>{}: {}</title></rect>')
        pieces.append(rect.format(name, left, width, word(name), number(rows)))
        left += width
    head = Markup('<svg class="split" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{}">')
    return head.format(label) + Markup("").join(pieces) + Markup("</svg>")


def trend_bars(numbers: Sequence[int], label: str, kind: str = "open") -> Markup:
    """A bar a night, no larger than a word; none where nothing came. kind: its color."""
    tallest = max(numbers, default=0) or 1
    pieces = [
        Markup('<rect class="of-{}" x="{}" y="{:.2f}" width="5" height="{:.2f}"/>').format(
            kind, 6 * at, 16 - height, height
        )
        for at, rows in enumerate(numbers)
        if (height := 16.0 * rows / tallest)
    ]
    head = Markup('<svg class="trend" viewBox="0 0 {} 16" preserveAspectRatio="none" role="img" aria-label="{}">')
    return head.format(6 * max(len(numbers), 1), label) + Markup("").join(pieces) + Markup("</svg>")
