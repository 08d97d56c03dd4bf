"""Several columns of yes and no that say a status together."""

from collections.abc import Collection, Sequence

from rollbook.rows.statuses import ENROLLED
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import meaning_of_answers
from transforms.values.statuses.status_answers import ORDER
from transforms.values.statuses.status_words import CROSS, NO, YES
from transforms.values.text import NO_VALUE, mark_key

_FEWEST = 2
_ANSWERS = YES | NO | CROSS | NO_VALUE


def answer_columns(
    below: Below, offers: Sequence[tuple[float, str]], skipped: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """(letter, the status that yes means there) of the columns, in the order in which they count; () if they are none.

    offers: (rank, letter) of all columns that may be the status. They are none where another column ranks before them,
    or where two say the same status, of which one has to be chosen. One that says no more than that people enrolled, or
    cancelled, is an answer beside one that says what became of them: `Booked`, `Attended` no.
    """
    found: list[tuple[str, str]] = []
    for letter, header in below.headers.items():
        status = meaning_of_answers(header).yes if header and letter not in skipped else None
        if status in ORDER and _are_answers(below, letter):
            found.append((letter, status))
    statuses, letters = [status for _, status in found], {letter for letter, _ in found}
    best = {letter for rank, letter in offers if rank == min(offers)[0]}
    if statuses and ENROLLED not in statuses and len(best - letters) == 1:
        (letter,) = best - letters
        if below.says_only_that_they_enrolled(letter):
            return _in_order([*found, (letter, ENROLLED)]) if len(set(statuses)) == len(statuses) else ()
    if len(found) < _FEWEST or len(set(statuses)) < len(statuses) or not best <= letters:
        return ()
    return _in_order(found)


def _in_order(found: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(found, key=lambda column: ORDER.index(column[1])))


def _are_answers(below: Below, letter: str) -> bool:
    texts = [mark_key(text) for text in below.distinct(letter).slice(0, len(_ANSWERS)).to_pylist()]
    return bool(texts) and all(text in _ANSWERS for text in texts) and not set(texts) <= NO_VALUE
