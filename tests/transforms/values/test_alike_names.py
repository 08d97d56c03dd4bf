"""Spellings that are one thing look alike; what another figure or another word tells apart does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.values.alike_names import alike_names, named_most


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("Ladder Safety", x) for x in ("LADDER SAFETY", "Ladder-Safety", "Ladder  safety.", "LadderSafety")],
        *[("Rigging Level 1", x) for x in ("Rigging L1", "Rigging Lvl 1", "Rigging - level 1", "Rigging Level I")],
        *[
            ("Crane Equipment", "Crane Equipmnt"),
            ("Ladder Safety", "Ladder Saftey"),
            ("Ropes & Knots", "Ropes and Knots"),
        ],
        *[("Sécurité incendie", "Securite incendie"), ("Brandschutz Teil 2", "Brandschütz Teil 2")],
        *[("Coop", "\u0421\u043e\u043e\u0440"), ("TEXT 4", "\u03a4\u0395\u03a7\u03a4 4")],
    ],
)
def test_spellings_of_one_thing(one: str, other: str) -> None:
    """Case, accents, spaces, marks, levels, a slip in a long word, and letters of another script."""
    assert alike_names([one, other]) == [tuple(sorted((one, other)))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("Rigging Level 1", "Rigging Level 2"), ("Rigging L1", "Rigging 1"), ("Rigging I", "Rigging II")],
        *[("Forms", "Firms"), ("Fire A", "Fire B"), ("Lifting", "Gifting"), ("GDPR 2022", "GDPR 2023")],
        *[("Safe Driving", "Safe Diving"), ("Manual Handling", "Manual Handling Refresher"), ("?", "!")],
        *[("Coop", "\u0421\u0431\u043e\u0440"), ("Okno", "\u041e\u043a\u043d\u043e")],
    ],
)
def test_other_things(one: str, other: str) -> None:
    """Figures, short words, first letters and further words tell apart."""
    assert alike_names([one, other]) == []


def test_many_spellings_of_one_word_tell_apart() -> None:
    """A list of places or codes is no list of slips."""
    assert alike_names([f"Induction Site{letter}{other}" for letter in "abcd" for other in "efgh"]) == []


def test_groups_with_existing_names() -> None:
    """Existing ones stand in a group with a new one only, and are what is kept."""
    (group,) = alike_names(["Ladder-Safety", "ladder safety"], ["Ladder Safety", "Knots", "KNOTS"])
    assert group == ("Ladder Safety", "Ladder-Safety", "ladder safety")
    assert named_most(group, {"Ladder-Safety": 3, "Ladder Safety": 9}) == "Ladder Safety"


@given(st.lists(st.sampled_from(["Ladder Safety", "ladder-safety", "Laddr Safety", "Knots L1", "Knots Level 1"])))
def test_the_order_of_names_changes_nothing(names: list[str]) -> None:
    """Nor how often each comes."""
    assert alike_names(names) == alike_names([*reversed(names), *names])
