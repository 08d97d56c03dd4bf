"""A profile that `inspect` writes of a preset's report reads it as the preset does."""

from pathlib import Path

import pytest

from tests.pipeline import app

_SHEETS = Path(__file__).parents[2] / "sheets" / "presets"


@pytest.mark.parametrize("name", ["zoom_2022", "forms_german", "webex", "successfactors", "teams_german"])
def test_the_profile_that_is_written_reads_the_same(name: str, tmp_path: Path) -> None:
    """Row by row, as far as the counts tell."""
    sheet, profile = next((_SHEETS / name).glob("sheet.*")), tmp_path / "profile.toml"
    assert app.run("inspect", sheet, "--write-profile", profile).exit == 0
    assert profile.read_text(encoding="utf-8").count('preset = "') == 1
    shared = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    one, other = app.run("check", sheet, *shared), app.run("check", sheet, "--profile", profile, *shared)
    assert other.told["rows"] == one.told["rows"]
    assert other.told["created"] == one.told["created"]
