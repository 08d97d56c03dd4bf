"""What grows as its rows do, and what does not."""

from tests.bench.growth import Cost, growth


def test_four_times_the_rows_may_take_five_times_as_long() -> None:
    """What a command costs without rows does not count, neither in its favor."""
    grown = growth(Cost(1.0, {}), Cost(3.0, {"SELECT 1": 1.0}), Cost(9.5, {"SELECT 1": 4.0}))
    assert (grown.whole, grown.worst, grown.held) == (4.25, 4.0, True)


def test_a_statement_that_grows_too_fast_is_named_though_the_whole_hides_it() -> None:
    """It will not stay small."""
    few, many = {"SELECT 1": 2.0, "SELECT 2": 0.05}, {"SELECT 1": 8.0, "SELECT 2": 0.8}
    grown = growth(Cost(0.5, {}), Cost(2.5, few), Cost(9.5, many))
    assert grown.whole < 5
    assert (grown.statement, grown.worst, grown.held) == ("SELECT 2", 16.0, False)


def test_what_takes_no_time_does_not_grow() -> None:
    """Four hundredths of a second against one are no news."""
    grown = growth(Cost(0.5, {}), Cost(0.51, {"SELECT 1": 0.001}), Cost(0.9, {"SELECT 1": 0.04}))
    assert (grown.whole, grown.worst) == (0, 0)
