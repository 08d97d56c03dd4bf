"""Learners are looked up by e-mail, employee ID and, where the profile says so, name."""

from typing import Any

import pytest

from rollbook.profile import Reference
from rollbook.rows.failures import no_failures
from tests.validators.tables import GOOD, canonical, context, failed, problems, reference
from validators.judge import JudgedRows, judge

ANN = {"email": "ann@example.org", "employee_number": "7", "name": "Ann Lee"}
BOB = {"email": "bob@example.org", "name": "Bob Roy"}
EVA = {"employee_number": "9", "name": "Eva Orr"}
LEARNERS = reference("learners", ANN, BOB, EVA)


def judged_with(record: dict[str, Any], **given: Any) -> JudgedRows:
    return judge(canonical({**GOOD, **record}), no_failures(), context(learners=LEARNERS, **given))


@pytest.mark.parametrize(
    ("email", "number", "codes"),
    [
        ("ann@example.org", "7", []),
        ("ann@example.org", None, []),
        (None, "9", []),
        ("bob@example.org", "55", []),  # Bob has no number there: nothing contradicts
        ("new@example.org", "9", []),  # nor has Eva an e-mail
        ("bob@example.org", "7", ["row.two_learners"]),
        ("new@example.org", "7", ["row.two_learners"]),  # 7 has another e-mail
        ("ann@example.org", "55", ["row.two_learners"]),  # and Ann another number
        ("bob@example.org", "9", ["row.two_learners"]),  # two learners, of whom each lacks what the row adds
        ("new@example.org", "55", ["learner.unknown"]),
    ],
)
def test_email_and_employee_id_must_be_one_learners(email: str | None, number: str | None, codes: list[str]) -> None:
    """The loaded learners say which belong together."""
    judged = judged_with({"learner_email": email, "learner_employee_id": number})
    assert list(judged.failures["code"]) == codes


@pytest.mark.parametrize("number", [None, "7"])
def test_an_address_that_is_none_is_nobodys(number: str | None) -> None:
    """One fault, one failure: it is neither unknown nor another learner's."""
    judged = judged_with({"learner_email": "ann@example", "learner_employee_id": number})
    assert list(judged.failures["code"]) == ["learner.email"]


def test_a_name_stands_for_its_only_bearer() -> None:
    """`match_name` fills in what is known of the learner."""
    judged = judged_with({"learner_email": None, "learner_name": "Ann Lee"}, reference=Reference(match_name=True))
    assert judged.failures.empty
    assert list(judged.rows.loc[0, ["learner_email", "learner_employee_id"]]) == ["ann@example.org", "7"]


def test_a_name_does_not_stand_in_for_a_cell_that_failed() -> None:
    """The e-mail that could not be read is corrected, not guessed."""
    cell = failed({"row": 2, "field": "learner_email", "value": "#REF!", "code": "cell.error"})
    rows = canonical({**GOOD, "learner_email": None, "learner_name": "Ann Lee"})
    judged = judge(rows, cell, context(learners=LEARNERS, reference=Reference(match_name=True)))
    assert problems(judged) == [(2, "learner_email", "#REF!", "cell.error", None)]
    assert judged.rows["learner_email"].isna().all()


def test_a_name_counts_only_where_the_profile_says_so() -> None:
    """Names are shown, not matched."""
    judged = judged_with({"learner_email": None, "learner_name": "Ann Lee"})
    assert list(judged.failures["code"]) == ["row.no_learner"]


def test_membership_is_known_by_either_key() -> None:
    """A row with the e-mail finds a membership that holds the employee ID, through the loaded learners."""
    members = reference("memberships", {"group_name": "Sales", "employee_number": "7"})
    judged = judged_with({"group_name": "sales"}, memberships=members)
    assert judged.failures.empty


def test_who_is_unknown_is_not_told_to_be_no_member_too() -> None:
    """Nor is anybody of an unknown group."""
    members = reference("memberships", {"group_name": "Sales", "employee_number": "7"})
    groups = reference("groups", {"name": "Sales"})
    for record in ({"learner_email": "eve@example.org", "group_name": "Sales"}, {"group_name": "Ops"}):
        judged = judged_with(record, memberships=members, groups=groups)
        assert [code.split(".")[1] for code in judged.failures["code"]] == ["unknown"]


BY_NAME = Reference(match_name=True)


def named(name: str, *learners: dict[str, str]) -> JudgedRows:
    """A row with nothing but a name, against these learners."""
    given = context(learners=reference("learners", *learners), reference=BY_NAME)
    return judge(canonical({**GOOD, "learner_email": None, "learner_name": name}), no_failures(), given)


ANN_LEE = ("Lee, Ann", "ANN LEE", "Dr. Ann Lee", "Mr Lee Ann", "ann m. lee", "Ann  Lée", "LEE Ann M")
WRITTEN = (
    *[(name, "Ann Lee") for name in ANN_LEE],
    *[("Müller, Jörg", "Jorg Muller"), ("O'Neil, Sean", "Sean O\u2019Neil"), ("Smith-Roe Eva", "Eva Smith Roe")],
    *[
        ("Łukasz Żak", "zak lukasz"),
        ("王小明", "王 小明"),
        ("J. R. Roe Tolk", "Roe Tolk"),
        ("Иван Орлов", "ОРЛОВ Иван"),
    ],
)
SIMILAR = (
    *[("Ann B. Lee", "Ann M. Lee"), ("John Roe Jr.", "John Roe"), ("Ann Leigh", "Ann Lee"), ("Anna Lee", "Ann Lee")],
    *[("A. Lee", "Ann Lee"), ("B Lee", "Lee"), ("Lee", "Ann Lee"), ("Ann Lee", "Ann Maria Lee"), ("Ann", "Ann Lee")],
)


@pytest.mark.parametrize(("name", "known"), WRITTEN)
def test_the_only_bearer_of_a_name_is_found_however_it_is_written(name: str, known: str) -> None:
    """Case, accents, order, titles and initials do not matter."""
    judged = named(name, {"email": "her@example.org", "name": known}, {"email": "o@example.org", "name": "Other One"})
    assert judged.failures.empty, judged.failures["message"].tolist()
    assert judged.rows.loc[0, "learner_email"] == "her@example.org"


@pytest.mark.parametrize(("name", "known"), SIMILAR)
def test_a_similar_name_is_another_ones(name: str, known: str) -> None:
    """Nobody is guessed."""
    assert list(named(name, {"email": "her@example.org", "name": known}).failures["code"]) == ["learner.unknown"]


def test_who_may_be_meant_is_told() -> None:
    """With what tells them apart; of several bearers, of none those with all words of the name."""
    ann, twin = {"email": "a@example.org", "name": "Ann Lee"}, {"employee_number": "9", "name": "LEE, Ann"}
    (several,) = named("Ann Lee", ann, twin).failures["message"]
    assert "“Ann Lee” matches several loaded learners: Ann Lee (a@example.org), LEE, Ann (9)." in several
    (none,) = named("Ann Lee", {"employee_number": "9", "name": "Ann Maria Lee"}).failures["message"]
    assert "“Ann Lee” is not among the loaded learners; there are Ann Maria Lee (9)." in none


def test_an_initial_tells_bearers_of_one_name_apart() -> None:
    """Where only one has it; without one, both may be meant."""
    two = {"email": "m@example.org", "name": "Ann M. Lee"}, {"email": "b@example.org", "name": "Ann Lee"}
    assert named("Lee, Ann M", *two).rows.loc[0, "learner_email"] == "m@example.org"
    assert list(named("Lee Ann", *two).failures["code"]) == ["learner.ambiguous"]
