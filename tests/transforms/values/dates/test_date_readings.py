"""The day of the week beside a date is held against it."""

from datetime import date

import pytest

from transforms.values.dates.date_readings import read_day

FOURTH, APRIL = date(2023, 10, 4), date(2023, 4, 10)  # a Wednesday and a Monday


@pytest.mark.parametrize(
    "text",
    [
        *("Wed 4 October 2023", "Wednesday, October 4, 2023 2:30 PM", "mer. 4 oct. 2023", "Mittwoch, 4.10.2023"),
        *("2023-10-04 (śr.)", "4 de outubro de 2023 (quarta-feira)", "2023年10月4日 (水)", "Wed 04/10/2023"),
    ],
)
def test_the_day_of_the_week_may_stand_beside_it(text: str) -> None:
    """Where the order of day and month is open, it decides."""
    assert read_day(text, 2026).days == (FOURTH,)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Monday 04/10/2023", APRIL),
        ("mar 2023-10-03", date(2023, 10, 3)),
        ("so 8.1.2023", date(2023, 1, 8)),
        ("środa, 3 listopada 2021", date(2021, 11, 3)),
        ("nedjelja, 3. listopada 2021", date(2021, 10, 3)),
    ],
)
def test_the_only_day_on_a_day_of_that_name_is_meant(text: str, day: date) -> None:
    """Of each order, and of each language: `so` is Saturday in Czech and Sunday in German."""
    assert read_day(text, 2026).days == (day,)


@pytest.mark.parametrize(
    "text", ["Thu 4 October 2023", "jeudi 4 octobre 2023", "2023-10-04, Thursday 09:00", "4.10.2023 (do)"]
)
def test_another_day_of_the_week_than_the_date_has_is_told(text: str) -> None:
    """One of the two is wrong: it is not known which."""
    read = read_day(text, 2026)
    assert (read.days, str(read.problem).startswith("the day of the week is n")) == ((), True)
    assert "2023-10-04" in str(read.problem)
