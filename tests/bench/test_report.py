"""A bar says whether its promise is kept, in words that a reader can check."""

from pathlib import Path

from tests.bench.report import Bar, Figure, Part, keep, kept_parts, tables, write_page


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


def test_a_part_that_is_measured_again_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    """The page says of each what it measured last, and when."""
    kept, page = tmp_path / "measured.json", tmp_path / "page.md"
    assert kept_parts(kept) == {}
    for name, measured, day in (("a", 1.0, "2026-11-20"), ("b", 2.0, "2026-11-20"), ("a", 3.0, "2026-11-21")):
        keep(kept, name, Part([Bar(name, measured, 9, "s")], [Figure(f"figure {name}", measured, "s")], day, 3))
    parts = kept_parts(kept)
    write_page(page, [parts["a"], parts["b"]], "a machine")
    told = page.read_text(encoding="utf-8")
    assert "Measured on 2026-11-20 and 2026-11-21, on a machine" in told
    for line in (
        "| a    | 3.00 s   | ≤ 9.00 s | yes  |",
        "| b    | 2.00 s   |",
        "| figure a | 3.00 s   |",
        "over 3 rounds",
    ):
        assert line in told
