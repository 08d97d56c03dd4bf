"""Units of a qualification are courses where a learner has several of them in one."""

from tests.transforms.sheets import canonical_of, mapping, plan_of, table_of

HEAD = ["Email", "Course Code", "Course Name", "Unit Code", "Unit Name", "Status", "Date"]
SAFELY = ["a@x.org", "C1", "Set", "U1", "Work Safely", "completed", "2023-05-02"]
MEASURE = ["a@x.org", "C1", "Set", "U2", "Measure", "attended", "2023-05-02"]


def test_each_unit_is_a_record() -> None:
    """As one course they would be copies, or contradict each other; it is told."""
    found = canonical_of([HEAD, SAFELY, MEASURE]).rows
    assert table_of(found, "course_id", "course_name") == [("U1", "Work Safely"), ("U2", "Measure")]
    assert "each with its own “Unit Code”: each unit is read as a course." in (
        plan_of([HEAD, SAFELY, MEASURE]).note or ""
    )


def test_a_unit_each_leaves_the_course() -> None:
    """Nor do the same rows once more, or a profile's word, make units of them."""
    other = ["b@x.org", *MEASURE[1:]]
    for rows in ([SAFELY, other], [SAFELY, SAFELY]):
        assert mapping(plan_of([HEAD, *rows]))["course_id"] == "Course Code"
    said = plan_of([HEAD, SAFELY, MEASURE], '[columns]\ncourse_id = "Course Code"\n')
    assert mapping(said)["course_id"] == "Course Code"
