"""A mistyped key is told with the one that was meant."""

import pytest

from rollbook.profile import Profile
from rollbook.settings import Settings
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
