"""The lines of a proposed profile for columns that feed nothing: whoever knows the sheet removes the `#`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import tomlkit

from transforms.planning.proposal.column_uses import ANYTHING, ColumnUse
from transforms.planning.proposal.inspection import SheetView
from transforms.planning.proposal.profile_names import column_name, one_line

_CHOOSE = "Remove the # before a line to use its column, or write another field. One column a field."
_NO_FIELD = "These are kept beside the record. To use one, write a field in place of FIELD (docs/profiles.md)."
_SAMPLES_LENGTH = 60


def candidate_lines(views: Sequence[SheetView], taken: Iterable[str]) -> list[str]:
    """The lines, without their `#`. views: sheets of one kind; taken: fields that have a line already."""
    draft = _Draft(set(taken))
    found = dict.fromkeys(pair for view in views for pair in _unused(view, alone=len(views) == 1))
    drafted = [(draft.line(name, use) if use.candidates else None, name, use) for name, use in found]
    likely = [line for line, _, _ in drafted if line]
    others = [_line("FIELD", name, use.samples) for line, name, use in drafted if not line]
    return [*([_CHOOSE] if likely else []), *likely, *([_NO_FIELD] if others else []), *others]


def _unused(view: SheetView, *, alone: bool) -> Iterator[tuple[str, ColumnUse]]:
    """(how a profile names the column, the column); a letter names the same column on one sheet only."""
    for use in view.uses:
        left_out = {*view.proposed.never, *view.proposed.ignore}
        name = column_name(use.letter, view.proposed)
        if not use.feeds and use.letter not in left_out and (alone or not name.startswith("@")):
            yield name, use


@dataclass
class _Draft:
    """The fields that have a line already."""

    taken: set[str] = field(default_factory=set)

    def line(self, name: str, use: ColumnUse) -> str | None:
        """A column under its likeliest field that has no line yet; None where such a text alone says too little.

        Rivals are under the same field, and so are addresses, dates and words of a status if no other field is left.
        """
        free = [candidate for candidate in use.candidates if candidate not in self.taken]
        if not free and not use.rivals and use.note in ANYTHING:
            return None
        chosen = use.candidates[0] if use.rivals or not free else free[0]
        self.taken.add(chosen)
        return _line(chosen, name, use.samples, [other for other in use.candidates if other != chosen])


def _line(chosen: str, name: str, samples: Sequence[str], others: Sequence[str] = ()) -> str:
    shown = one_line(" | ".join(samples), _SAMPLES_LENGTH)
    instead = f"or {', '.join(others)}" if others else ""
    told = ": ".join(filter(None, [instead, shown]))
    line = f"{chosen} = {tomlkit.item(name).as_string()}"
    return f"{line}   # {told}" if told else line
