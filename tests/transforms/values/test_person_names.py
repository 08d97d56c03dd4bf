"""Names beside one address are told as several people's only where they clearly are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.values.person_names import different_people, doubtful_people

ONE_PERSON = [
    ["Eva Orr"],
    ["Eva Orr", "Eva Roy"],
    ["Eva Orr", "Orr, Eva"],
    ["Eva Orr", "E. Orr", "E.O."],
    ["Éva Örr", "Eva Orr", "EVA ORR"],
    ["Robert Orr", "Bob Orr"],
    ["Jurgen Müller", "Jürgen Mueller"],
    ["Katarina Novak", "Katharina Novák-Orr"],
    ["Dr. Eva Orr", "Frau Orr"],
    ["Eva", "Orr"],
    ["Иван Петров", "Ivan Petrov"],
    ["王伟", "王 伟"],
    ["王伟", "王小伟"],
    ["Alex Orr", "Alexander Roy"],
    ["Eva Orr", "", "-"],
]
SEVERAL = [
    ["Eva Orr", "Tom Roy"],
    ["Eva Orr", "Tom Roy", "Kim Day"],
    ["Eva Orr", "Eva Day", "Tom Roy"],
    ["Eva", "Tom", "Kim"],
    ["Иван Петров", "Анна Белова"],
    ["王伟", "李娜"],
    [f"Eva {letter}{letter}{other}" for letter in "bcdfghjk" for other in "lmnprst"],
]


@pytest.mark.parametrize("names", ONE_PERSON)
def test_names_of_one_person_are_not_told(names: list[str]) -> None:
    """Another last name, initials, the order, accents, nicknames, transliteration."""
    assert different_people(names) == []


@pytest.mark.parametrize("names", SEVERAL)
def test_names_without_anything_in_common_are_told(names: list[str]) -> None:
    """One for each person."""
    assert len(different_people(names)) > 1


DOUBTFUL = [
    ["Eva Orr", "Tom Orr"],
    ["Orr, Eva", "Tom Orr"],
    ["Robert Orr", "William Orr"],
    ["Анна Белова", "Пётр Белова"],
]
CERTAIN = [
    ["Eva Orr", "Eva Roy"],
    ["Eva Orr", "E. Orr", "Orr"],
    ["Eva Maria Orr", "Maria Orr"],
    ["Orr Eva", "Eva Orr"],
    ["Katarina Orr", "Katharina Orr", "Kata Orr"],
    ["Eva Orr", "Orr"],
    ["王伟", "王小伟"],
    ["Eva Orr", "Ева Орр"],
]


@pytest.mark.parametrize("names", DOUBTFUL)
def test_first_names_without_anything_in_common_are_doubtful(names: list[str]) -> None:
    """All of them are named."""
    assert (different_people(names), doubtful_people(names)) == ([], sorted(names))


@pytest.mark.parametrize("names", CERTAIN)
def test_one_first_name_raises_no_doubt(names: list[str]) -> None:
    """Whatever the order, however it is shortened, and whichever last name comes later."""
    assert doubtful_people(names) == []


NAMES = st.sampled_from(["Eva Orr", "Tom Roy", "Tom", "Kim", "E. O.", "Orr Day", "王伟", ""])


@given(st.lists(NAMES, max_size=6), st.randoms())
def test_neither_order_nor_repetition_matters(names: list[str], random: object) -> None:
    """The answer is the same for the same names; it names some of them."""
    again = names * 2
    random.shuffle(again)  # type: ignore[attr-defined]
    assert different_people(names) == different_people(again)
    assert set(different_people(names)) <= set(names)
