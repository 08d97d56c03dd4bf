"""A mistyped key is told with the one that was meant."""

from pathlib import Path

import pytest

from rollbook.errors import CannotBegin
from rollbook.profile import Profile
from rollbook.settings import Settings, load_settings
from rollbook.unknown_keys import no_such_key


@pytest.mark.parametrize(
    ("place", "meant"),
    [(("notfy",), "notify"), (("notify", "serve"), "server"), (("nightly", "foldr"), "folder"), (("stge",), "stage")],
)
def test_a_key_of_the_settings(place: tuple[str, ...], meant: str) -> None:
    """At the top, and within sections."""
    assert no_such_key(Settings, place) == f"there is no such key (did you mean “{meant}”?)"


def test_a_key_of_a_profile() -> None:
    """A key unlike any other has no suggestion."""
    assert no_such_key(Profile, ("colums",)).endswith("(did you mean “columns”?)")
    assert no_such_key(Profile, ("zzz",)) == "there is no such key"


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("[nightly]\nexpect_within = 'a day'", "nightly.expect_within: write a duration between quotes"),
        ("[notify]\nserver = 'mail.example.com'", "notify.server: write smtps://HOST"),
        ("[notify]\nlanguage = 'it'", "notify.language: it should be 'en', "),
        ("[notify]\nattach_mib = 'ten'", "notify.attach_mib: write a number"),
        ("out = 3", "out: write the path of one file or folder"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(tmp_path: Path, section: str, told: str) -> None:
    path = tmp_path / "rollbook.toml"
    path.write_text(section, encoding="utf-8")
    with pytest.raises(CannotBegin) as refused:
        load_settings(path)
    assert told in str(refused.value)
