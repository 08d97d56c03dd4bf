"""Settings come from `rollbook.toml`, the environment stands above it, and mistakes are told with their key."""

from datetime import date
from pathlib import Path

import pytest

from rollbook.errors import CannotBegin
from rollbook.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_file_there_are_defaults() -> None:
    """Nothing needs to be set up."""
    assert load_settings(None) == Settings()
    assert Settings().database == "sqlite:///rollbook.db"


def test_the_file_in_the_working_directory_is_read(folder: Path) -> None:
    """Only what it says differs from the defaults."""
    (folder / "rollbook.toml").write_text('out = "reports"\n[reading]\nseconds = 9\n[rules]\noldest = 1990-01-01')
    settings = load_settings(None)
    assert settings.out == Path("reports")
    assert settings.reading.seconds == 9
    assert settings.reading.memory_mib == Settings().reading.memory_mib
    assert settings.rules.oldest == date(1990, 1, 1)


def test_the_environment_stands_above_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password belongs there and not into a file."""
    (folder / "rollbook.toml").write_text('database = "sqlite:///file.db"')
    monkeypatch.setenv("ROLLBOOK_DATABASE_URL", "sqlite:///environment.db")
    assert load_settings(None).database == "sqlite:///environment.db"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("databse = 'x'", "databse"),
        ("[reading]\nseconds = 0", "reading.seconds"),
        ("out = ", "is not valid TOML"),
        ("profile = ['profiles']", "profile: write the path of one file or folder"),
    ],
)
def test_a_mistake_is_told_with_its_key(folder: Path, text: str, told: str) -> None:
    """One line that names the file and the key."""
    (folder / "rollbook.toml").write_text(text)
    with pytest.raises(CannotBegin, match=told) as raised:
        load_settings(None)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "told"), [("trusted_proxies = ['x']", "trusted_proxies"), ("password_hash = 'hunter2'", "hash-password")]
)
def test_a_mistake_in_the_dashboards_section_is_told(folder: Path, text: str, told: str) -> None:
    """And what was taken for a hash, which may be the password itself, is not."""
    (folder / "rollbook.toml").write_text(f"[dashboard]\n{text}")
    with pytest.raises(CannotBegin, match=told) as raised:
        load_settings(None)
    assert "hunter2" not in str(raised.value)


def test_no_run_writes_the_dashboards_section_down() -> None:
    """It may hold the hash of a password."""
    assert "dashboard" not in Settings().model_dump(mode="json")


def test_a_named_file_must_be_there() -> None:
    """Only the file that is read by default may be missing."""
    with pytest.raises(CannotBegin, match=r"There is no settings file other\.toml"):
        load_settings(Path("other.toml"))
