"""What a row means for what aXcelerate holds: nothing, a write, or a rule's no."""

from collections.abc import Mapping
from typing import NamedTuple

from destinations.axcelerate.answers import days_of, same
from destinations.axcelerate.rows import END, MODULE, OUTCOME, Address
from destinations.decide import EXISTS
from destinations.row_target import RowVerdict
from ledger.remote.writes import Write
from rollbook.options import OnExisting
from rollbook.rows.activities import CLEAR
from rollbook.rows.outcomes import LOADED, REJECTED, UNCHANGED, UPDATED

# No outcome, not reported, continuing, not yet started: whoever gives one decides.
UNDECIDED = frozenset([None, "0", "70", "85"])
# `best` keeps the furthest: what was achieved stands above what was assessed, and that above what was broken off.
_PROGRESS = {
    **dict.fromkeys(("0", "70", "85"), 0),
    **dict.fromkeys(("40", "41", "61"), 1),
    **dict.fromkeys(("30", "52", "82"), 2),
    **dict.fromkeys(("20", "51", "60", "81"), 3),
}


class HeldEnrolment(NamedTuple):
    """An enrolment. held: field -> text of what aXcelerate is known to hold, blanks None; it is kept up to date."""

    address: Address
    held: dict[str, str | None]


def decide(
    found: HeldEnrolment, said: Mapping[str, str], begun: Write | None, on_existing: OnExisting
) -> RowVerdict | Write:
    """What is to become of a row about an enrolment; see `Target.look`.

    An undecided unit takes all that the row says: `loaded` where that is an outcome, else `updated`. What a decided one
    holds differently is for `on_existing`. So it is with a module, where all that is blank, unknown or cleared is
    undecided.
    """
    held = found.held
    due = {name: text for name, text in said.items() if not same(name, held.get(name), text)}
    is_ours = begun is not None and all(same(name, held.get(name), text) for name, text in begun.content.items())
    if not due:
        target_id = found.address.ids[-1]
        return RowVerdict(taken(begun) if begun is not None and is_ours else UNCHANGED, target_id=target_id)
    if _is_undecided(found, due):
        creates = found.address.kind == MODULE or OUTCOME in due
        return _write(found, due, begun, creates=creates or (begun is not None and begun.creates))
    if begun is not None and begun.creates and _is_as_begun(held, begun):
        return _write(found, due, begun, creates=True)
    if on_existing == "update" or (on_existing == "best" and _is_better(said, held)):
        return _write(found, due, begun, creates=False)
    if on_existing == "best":
        return RowVerdict(UNCHANGED, target_id=found.address.ids[-1])
    return exists(held, due)


def taken(write: Write) -> str:
    """The outcome of a row whose write was taken."""
    return LOADED if write.creates else UPDATED


def exists(held: Mapping[str, str | None], due: Mapping[str, str]) -> RowVerdict:
    """What differs, in the words of the rule."""
    there = {name: held[name] or "blank" if name in held else "not known" for name in due}
    told = "; ".join(f"{name} is {there[name]} there, {text} here" for name, text in due.items())
    message = f"This enrollment already exists with different values: {told}."
    return RowVerdict(REJECTED, EXISTS, message, field=next(iter(due), None))


def _is_undecided(found: HeldEnrolment, due: Mapping[str, str]) -> bool:
    if found.address.kind == MODULE:
        return all(found.held.get(name) in (None, CLEAR) for name in due)
    return found.held.get(OUTCOME) in UNDECIDED


def _is_as_begun(held: Mapping[str, str | None], begun: Write) -> bool:
    """Whether nobody else has written since: each field holds what was to be written, or what it held before."""
    return all(
        same(name, held.get(name), text) or same(name, held.get(name), begun.former.get(name))
        for name, text in begun.content.items()
    )


def _write(found: HeldEnrolment, due: Mapping[str, str], begun: Write | None, *, creates: bool) -> Write:
    """What is due, with what an unconfirmed write has put there already, so that both can be taken back."""
    held = found.held
    former = {name: held[name] for name in due if name in held}
    content = dict(due)
    if begun is not None:
        ours = {name: text for name, text in begun.content.items() if name in held and same(name, held[name], text)}
        content = {**ours, **content}
        former |= {name: begun.former[name] for name in ours if name in begun.former}
    return Write(found.address.key, found.address.ids[-1], creates, former, content)


def _is_better(said: Mapping[str, str], held: Mapping[str, str | None]) -> bool:
    """Further along, or as far and later: by the end where the row has one. Codes of states stand beside each other."""
    outcome = said.get(OUTCOME, held.get(OUTCOME))
    here, there = _PROGRESS.get(outcome or "0", -1), _PROGRESS.get(held.get(OUTCOME) or "0", -1)
    if -1 in (here, there) and outcome != held.get(OUTCOME):
        return False
    return here > there or (here == there and _is_later(said.get(END), held.get(END)))


def _is_later(here: str | None, there: str | None) -> bool:
    if here is None or there is None:
        return here is not None
    days = days_of(there)
    return bool(days) and all(here > day.isoformat() for day in days)
