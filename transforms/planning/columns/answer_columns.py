"""Several columns that say a status together: yes and no under several headers, or a booking beside who came."""

from collections.abc import Collection, Sequence

from rollbook.rows.statuses import ATTENDED, CANCELLED, COMPLETED, ENROLLED, NO_SHOW
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import meaning_of_answers, says
from transforms.values.statuses.status_answers import IN_DOUBT, ORDER
from transforms.values.statuses.status_table import REASONS, STANDING, STATUS_OF, WAITING, key, reason_of
from transforms.values.statuses.status_words import CROSS, NO, YES, letter_answers, status_of
from transforms.values.text import NO_VALUE, mark_key
from transforms.vocabulary.languages import words_of

_FEWEST = 2
_ANSWERS = YES | NO | CROSS | NO_VALUE
_MOST_BOOKINGS, _FEW_WORDS = 20, 4
# A status, and whether the answer beside it is no.
_CONTRADICTIONS = frozenset({(ATTENDED, True), (COMPLETED, True), (NO_SHOW, False), (CANCELLED, False)})


def answer_columns(
    below: Below, offers: Sequence[tuple[float, str]], skipped: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """(letter, the status that yes means there) of the columns, in the order in which they count; () if they are none.

    offers: (rank, letter) of all columns that may be the status. They are none where another column ranks before them,
    or where two say the same status, of which one has to be chosen. A booking (`Confirmed`, `Cancelled`, `Waitlisted`)
    is an answer beside what says who came; so is an order (`Complete`) beside the check-in.
    """
    found: list[tuple[str, str]] = []
    for letter, header in below.headers.items():
        if header and letter not in skipped and (status := _asked_by(below, letter)):
            found.append((letter, status))
    statuses, letters = [status for _, status in found], {letter for letter, _ in found}
    alike = len(set(statuses)) < len(statuses)
    came = _checked_in(below, skipped) if statuses.count(ATTENDED) <= 1 else None
    booking = (
        None if ENROLLED in statuses else _booking(below, {*skipped, *letters} | ({came} if came else set()), came)
    )
    if booking and came and ATTENDED not in statuses:
        found, letters, statuses = [*found, (came, ATTENDED)], {*letters, came}, [*statuses, ATTENDED]
    others = [offer for offer in offers if offer[1] != booking]
    best = {letter for rank, letter in others if rank == min(others)[0]}
    if ATTENDED in statuses and COMPLETED not in statuses and len(best) == 1 and _is_outcome(below, *best):
        found, letters, statuses = [*found, (min(best), COMPLETED)], {*letters, *best}, [*statuses, COMPLETED]
    apart = set(statuses) <= {IN_DOUBT, CANCELLED} and len(best) == 1 and not best & letters
    if apart and (_says_who_came(below, *best) or any(below.holds_dates(x) for x in letters)):
        found = [*found, *([(booking, ENROLLED)] if booking else [])]
        return _in_order([(min(best), ATTENDED), *found]) if found else ()
    if len(best) == 1 and not booking and statuses == [ATTENDED] and _says_who_enrolled(below, *best, *letters):
        return _in_order([*found, (min(best), ENROLLED)])
    if not found and (pair := _came_and_completed(below, best)):
        return _in_order([*pair, *([(booking, ENROLLED)] if booking else [])])
    if alike or not best <= letters:
        return ()
    if booking and found:
        return _in_order([*found, (booking, ENROLLED)])
    return _in_order(found) if len(found) >= _FEWEST else ()


def _came_and_completed(below: Below, best: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The two best columns, where one has words for who came, and the other for who completed."""
    came = [x for x in best if says(below.headers[x], "attended") and _says_who_came(below, x)]
    done = [x for x in best if says(below.headers[x], "completed") and COMPLETED in map(status_of, below.at_top(x))]
    apart = len(best) == _FEWEST and len(came) == len(done) == 1 and came != done
    return ((came[0], ATTENDED), (done[0], COMPLETED)) if apart else ()


def _asked_by(below: Below, letter: str) -> str | None:
    """What yes, or a day, means in a column, `IN_DOUBT` under `Excused` and its like; None where it is no answer."""
    header = below.headers[letter]
    if _are_answers(below, letter):
        doubtful = reason_of(header) in (REASONS["excused"], REASONS["declined"])
        status = IN_DOUBT if doubtful else meaning_of_answers(header).yes
        return status if status in ORDER else None
    return CANCELLED if _is_of_cancellations(header) and below.holds_dates(letter) else None


def _is_of_cancellations(header: str) -> bool:
    """Does a header say when somebody cancelled: `Cancelled On`, `Date of cancellation`, `Storniert am`?"""
    words = words_of(header)
    parts = (" ".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, len(words) + 1))
    return len(words) <= _FEW_WORDS and any(STATUS_OF.get(key(part)) == CANCELLED for part in parts)


def _in_order(found: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(found, key=lambda column: ORDER.index(column[1])))


def _are_answers(below: Below, letter: str) -> bool:
    texts = [mark_key(text) for text in below.distinct(letter).slice(0, len(_ANSWERS)).to_pylist()]
    known = _ANSWERS | letter_answers(texts, [below.headers[letter]], below.spoken).keys()
    return bool(texts) and all(text in known for text in texts) and not set(texts) <= NO_VALUE


def _says_who_came(below: Below, letter: str) -> bool:
    return any(status_of(text) in (ATTENDED, NO_SHOW) for text in below.at_top(letter))


def _says_who_enrolled(below: Below, letter: str, came: str) -> bool:
    """Is it a status that is `Enrolled` where answers say who came, and that these never contradict?"""
    rows = below.first_rows([letter, came]).drop_duplicates().dropna()
    said = {(status_of(text), mark_key(answer) in NO) for text, answer in zip(rows[letter], rows[came], strict=True)}
    known = all(status and (status, no) not in _CONTRADICTIONS for status, no in said)
    return known and any(status == ENROLLED for status, _ in said)


def _is_outcome(below: Below, letter: str) -> bool:
    """Is it the result of whoever has one: `Exam result`, beside `Attended`?"""
    return says(below.headers[letter], "outcome") and below.filled(letter) < len(below.table)


def _checked_in(below: Below, skipped: Collection[str]) -> str | None:
    """The letter of the check-in: answers, words or times; whoever has none of these did not come."""
    named = (x for x, header in below.headers.items() if header and x not in skipped and says(header, "checked_in"))
    return next((x for x in named if below.holds_dates(x) or below.holds_times(x) or below.holds_statuses(x)), None)


def _booking(below: Below, skipped: Collection[str], came: str | None) -> str | None:
    """The letter of the only column that says what became of the bookings; None where there is none, or several.

    Its header says so, whatever else stands below it; or it is a status of nothing but the words of bookings.
    came: the letter of the check-in, beside which a complete order is a booking too.
    """
    letters = [x for x, header in below.headers.items() if header and x not in skipped]
    known = _is_order if came else _is_booking
    named = [x for x in letters if _is_of_bookings(below.headers[x]) and any(map(known, below.at_top(x)))]
    bare = [x for x in letters if _holds_bookings(below, x) or (came and _holds_orders(below, x, came))]
    found = named or bare
    return found[0] if len(found) == 1 else None


def _is_of_bookings(header: str) -> bool:
    return says(header, "booking") or (says(header, "enrolled") and says(header, "status"))


def _holds_orders(below: Below, letter: str, came: str) -> bool:
    """Is it a status of orders, of which some are complete although nobody was checked in?"""
    texts = [text for text in below.at_top(letter) if mark_key(text) not in NO_VALUE]
    if not 0 < len(texts) <= _MOST_BOOKINGS or not all(map(_is_order, texts)):
        return False
    rows = below.first_rows([letter, came]).drop_duplicates()
    absent = rows[came].isna() | rows[came].map(_says_no, na_action="ignore").eq(True)
    return bool(rows.loc[absent, letter].dropna().map(status_of).eq(COMPLETED).any())


def _says_no(text: str) -> bool:
    return mark_key(text) in NO | NO_VALUE or status_of(text) == NO_SHOW


def _is_order(text: str) -> bool:
    return _is_booking(text) or status_of(text) == COMPLETED or _is_declined(text)


def _is_booking(text: str) -> bool:
    return key(text) in STANDING | WAITING or status_of(text) in (ENROLLED, CANCELLED)


def _holds_bookings(below: Below, letter: str) -> bool:
    """Is it a status of nothing but bookings, or are some of these cancelled, whatever the header?"""
    texts = [text for text in below.at_top(letter) if mark_key(text) not in NO_VALUE]
    if not 0 < len(texts) <= _MOST_BOOKINGS or not all(_is_booking(text) or _is_declined(text) for text in texts):
        return False
    taken_back = any(status_of(text) == CANCELLED or _is_declined(text) for text in texts)
    return taken_back or says(below.headers[letter], "status")


def _is_declined(text: str) -> bool:
    return reason_of(text) == REASONS["declined"]
