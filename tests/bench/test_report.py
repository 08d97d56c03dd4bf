"""A bar says whether its promise is kept, in words that a reader can check."""

from tests.bench.report import Bar, Figure, tables


def test_a_bar_is_held_up_to_its_bound() -> None:
    """At most, or at least."""
    assert Bar("import, against the floor", 1.8, 1.8, "x").held
    assert not Bar("import, against the floor", 1.81, 1.8, "x").held
    assert Bar("faster than the script", 4.0, 4, "x", at_least=True).held
    assert not Bar("faster than the script", 3.9, 4, "x", at_least=True).held


def test_the_tables_say_what_was_promised_measured_and_held() -> None:
    """A bar that does not hold catches the eye."""
    bars = [Bar("peak memory", 712.4, 1536, "MiB"), Bar("`rollbook --help`", 0.31, 0.3, "s")]
    assert tables(bars, [Figure("the floor", 9.26, "s"), Figure("the script", 131.22, "s")]) == (
        "| what              | measured | bar         | held |\n"
        "| ----------------- | -------- | ----------- | ---- |\n"
        "| peak memory       | 712 MiB  | ≤ 1,536 MiB | yes  |\n"
        "| `rollbook --help` | 0.31 s   | ≤ 0.30 s    | NO   |\n"
        "\n"
        "| what       | measured |\n"
        "| ---------- | -------- |\n"
        "| the floor  | 9.26 s   |\n"
        "| the script | 131.2 s  |\n"
    )
