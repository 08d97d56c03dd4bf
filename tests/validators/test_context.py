"""What is loaded is required, unless the profile says otherwise; what is not loaded is not checked."""

import pytest

from rollbook.profile import Reference
from rollbook.rows.failures import no_failures
from tests.validators.tables import GOOD, GOOD_FOR_SMARTERU, canonical, context, problems, reference
from validators.context import not_checked
from validators.judge import judge

ANN = reference("learners", {"email": "ann@example.org"})
EVE = {**GOOD, "learner_email": "eve@example.org"}


def test_what_is_not_loaded_is_named() -> None:
    """In the words of `rollbook reference load`."""
    assert not_checked(context(learners=ANN, group_courses=reference("group-courses"))) == [
        "groups",
        "memberships",
        "courses",
        "sessions",
    ]


def test_what_the_profile_requires_is_checked_though_nothing_is_loaded() -> None:
    """Nobody is created against the profile's word."""
    strict = context(reference=Reference(learners="require"))
    assert "learners" not in not_checked(strict)
    assert problems(judge(canonical(GOOD), no_failures(), strict)) == [
        (2, "learner_email", "ann@example.org", "learner.unknown", None)
    ]


@pytest.mark.parametrize(("mode", "outcome"), [(None, "rejected"), ("require", "rejected"), ("create", "accepted")])
def test_unknown_learners_of_the_database_go_by_the_profile(mode: str | None, outcome: str) -> None:
    """Loaded learners are required unless the profile creates the others."""
    given = context(learners=ANN, reference=Reference(learners=mode))
    assert list(judge(canonical(EVE), no_failures(), given).rows["outcome"]) == [outcome]


def test_smarteru_creates_nobody() -> None:
    """`create` is the database's; there a learner that is not loaded would be refused."""
    given = context("smarteru", learners=ANN, reference=Reference(learners="create"))
    judged = judge(canonical({**GOOD_FOR_SMARTERU, "learner_email": "eve@example.org"}), no_failures(), given)
    assert list(judged.failures["code"]) == ["learner.unknown"]


def test_nothing_of_the_reference_data_is_asked_for_by_axcelerate() -> None:
    """Its rows name contacts, classes and units."""
    assert not_checked(context("axcelerate")) == []
