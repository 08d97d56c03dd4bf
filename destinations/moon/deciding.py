"""What becomes of a row whose enrollment Moon ERP holds already."""

from collections.abc import Mapping

from destinations.decide import EXISTS
from destinations.moon.codes import FIELDS
from destinations.moon.records import Held, describe_differences, differing
from destinations.row_target import RowVerdict
from ledger.remote.writes import Write
from rollbook.options import OnExisting
from rollbook.rows.outcomes import LOADED, REJECTED, UNCHANGED, UPDATED
from rollbook.rows.statuses import PROGRESS


def decide(
    key: str, held: Held, content: Mapping[str, str], begun: Write | None, on_existing: OnExisting
) -> RowVerdict | Write:
    """It is settled, or this is to be written. content: what the row says. begun: see `Target.look`."""
    if not differing(held, content):
        return RowVerdict(_done_as(begun), target_id=held.id)
    if begun and begun.creates and is_of(held, begun.content):
        return Write(key, held.id, creates=True, former={}, content=content)
    if on_existing == "update" or (on_existing == "best" and _is_better(held, content)):
        return Write(key, held.id, creates=False, former=_former(held, content, begun), content=content)
    if on_existing == "best":
        return RowVerdict(UNCHANGED, target_id=held.id)
    return exists(held, content)


def is_of(held: Held, content: Mapping[str, str]) -> bool:
    """Whether an enrollment that we began to make is what is there: as it was made, or with what we wrote."""
    return held.is_bare or not differing(held, content)


def exists(held: Held, content: Mapping[str, str]) -> RowVerdict:
    """Somebody else's enrollment that no rule lets us change: the same, or refused for where it differs."""
    different = differing(held, content)
    if not different:
        return RowVerdict(UNCHANGED, target_id=held.id)
    return RowVerdict(REJECTED, EXISTS, describe_differences(held, content), field=FIELDS[next(iter(different))][0])


def _done_as(begun: Write | None) -> str:
    if begun is None:
        return UNCHANGED
    return LOADED if begun.creates else UPDATED


def _former(held: Held, content: Mapping[str, str], begun: Write | None) -> dict[str, str | None]:
    """What the fields held before us: where they hold what we began to write, it is what was recorded then."""
    former = {name: held.text(name) for name in content}
    if begun is None or begun.creates:
        return former
    ours = {name: text for name, text in begun.content.items() if name in content}
    return {**former, **{name: begun.former.get(name) for name in ours if not differing(held, {name: ours[name]})}}


def _is_better(held: Held, content: Mapping[str, str]) -> bool:
    """Further along; or as far, with something in what is blank there and contradicting nothing.

    Dates cannot tell, as they do in the database: here they are the moments at which somebody entered it.
    """
    here, there = (PROGRESS.get(status or "", -1) for status in (content.get("status"), held.text("status")))
    blank = {None, "false"}  # a confirmation that was never given is `false` from the beginning
    return here > there or (here == there and all(held.text(name) in blank for name in differing(held, content)))
