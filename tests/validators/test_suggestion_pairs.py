"""Advice is right or absent: pairs that a person judged, none of which is answered wrongly."""

import pandas as pd

from tests.validators import suggestion_pairs
from transforms.values.statuses.status_words import StatusMeaning, clean_statuses
from validators.context import References
from validators.rules import render
from validators.suggestions import Suggester


def _lines(text: str) -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]


STATUSES = [(value, frozenset(meant.split())) for value, meant in _lines(suggestion_pairs.STATUSES)]
PLACED = [("learner", *line) for line in _lines(suggestion_pairs.PEOPLE)]
PLACED += [("course", *line) for line in _lines(suggestion_pairs.COURSES)]


def _unknown(value: str) -> pd.DataFrame:
    """The failure of a status that nobody knows, as it is told; no line where the word is known."""
    cleaned = clean_statuses(pd.Series([value]), StatusMeaning(), {})
    failures = pd.DataFrame({"code": cleaned.code, "detail": cleaned.detail, "value": [value], "header": ["Status"]})
    return render(failures.assign(field="status")[failures["code"].notna()])


def _advice(value: str) -> set[str]:
    """The statuses that are named as what the value was meant to be: in the message, the remedy, and beside them."""
    told = _unknown(value)
    if told.empty:
        return set()
    message, remedy = told["message"].iloc[0], told["remedy"].iloc[0]
    example = remedy.rpartition(" = ")[2].strip('"`.')
    near = message.rpartition("the nearest known word is ")[2] if "the nearest known word is " in message else ""
    asked = pd.DataFrame({"code": ["status.unknown"], "field": ["status"], "value": [value]}, dtype=object)
    (meant,) = Suggester().suggest(asked)
    of_message = {near.rpartition(" (")[2].rstrip(").")} if " (" in near and ", which may" not in near else set()
    aside = {"no show": "no_show"}.get(meant, meant) if meant else None
    return (of_message | {example, aside}) - {None, "…"}


def test_there_are_pairs_enough() -> None:
    """Three hundred, each once."""
    pairs = [value for value, _ in STATUSES] + [f"{value} {loaded}" for _, value, loaded, _ in PLACED]
    assert len(pairs) >= 300
    assert len(set(pairs)) == len(pairs)


def test_no_status_is_suggested_that_was_not_meant() -> None:
    """Neither in the message nor in the example of the remedy nor as a question."""
    assert {value: advice for value, meant in STATUSES if not (advice := _advice(value)) <= meant} == {}


def test_slips_of_the_pen_are_understood() -> None:
    """Nine of ten of those that mean one status."""
    meant = [value for value, statuses in STATUSES if statuses and not _unknown(value).empty]
    missed = [value for value in meant if not _advice(value)]
    assert len(missed) * 10 <= len(meant), missed


def test_nobody_is_taken_for_somebody_else() -> None:
    """A first name, a number, a letter or a negation makes another person, or another course."""
    wrong = [line for line in PLACED if _suggested(*line[:3]) != (line[2] if line[3] == "yes" else None)]
    assert wrong == []


def _suggested(kind: str, value: str, loaded: str) -> str | None:
    """What is suggested for a value where one learner, or one course, is loaded."""
    field = "course_name" if kind == "course" else "learner_email" if "@" in value else "learner_name"
    column = "email" if field == "learner_email" else "name"
    frame = pd.DataFrame({"email": [None], "employee_number": [None], "course_id": [None], "name": [None]})
    frame[column] = loaded
    asked = pd.DataFrame({"code": [f"{kind}.unknown"], "field": [field], "value": [value]}, dtype=object)
    references = References(courses=frame) if kind == "course" else References(learners=frame)
    (one,) = Suggester(references).suggest(asked)
    return one
