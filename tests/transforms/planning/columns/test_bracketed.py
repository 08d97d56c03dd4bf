"""Names with the learner's number in brackets behind them."""

from tests.transforms.sheets import canonical_of, plan_of, table_of

HEAD = ["Worker", "Course", "Date", "Status"]
TAIL = ["Ropes", "2023-05-13", "attended"]


def learners(*names: str, head: list[str] = HEAD, more: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
    """(employee ID, name) of each row."""
    rows = [head, *([name, *TAIL, *more] for name in names)]
    return table_of(canonical_of(rows).rows, "learner_employee_id", "learner_name")


def test_the_number_is_the_learners_where_nothing_else_is() -> None:
    """It is told."""
    assert learners("Ida Moss (10417)", "Jon Reed ( E-10418 )") == [("10417", "Ida Moss"), ("E-10418", "Jon Reed")]
    note = plan_of([HEAD, ["Ida Moss (10417)", *TAIL]]).note
    assert note == "The employee ID is the number in brackets behind each name under “Worker”."


def test_beside_an_address_it_is_only_left_out_of_the_name() -> None:
    """The sheet's own identity counts."""
    found = learners("Ida Moss (10417)", head=[*HEAD, "Email"], more=("ida@x.org",))
    assert found == [(None, "Ida Moss")]


def test_what_may_be_something_else_is_no_number() -> None:
    """A year may be that of birth, a word a nickname, and one number that of a team."""
    assert learners("Ida Moss (1985)", "Jon Reed (1991)") == [(None, "Ida Moss"), (None, "Jon Reed")]
    assert learners("Ida Moss (Ida)", "Jon Reed (JR)") == [(None, "Ida Moss (Ida)"), (None, "Jon Reed (JR)")]
    assert learners("Ida Moss (10417)", "Jon Reed (10417)") == [(None, "Ida Moss (10417)"), (None, "Jon Reed (10417)")]
