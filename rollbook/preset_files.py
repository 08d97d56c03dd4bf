"""The presets: profiles that ship with Rollbook, one a file of `presets/`, each for the reports of one system."""

from functools import cache
from importlib.resources import files

_FOLDER = "presets"
# In a profile: none of them, though one fits.
NO_PRESET = "none"


@cache
def preset_names() -> tuple[str, ...]:
    """Their names, sorted: `canvas`, `zoom`."""
    found = (file.name for file in (files("rollbook") / _FOLDER).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def preset_text(name: str) -> str:
    """The TOML text of a preset."""
    return (files("rollbook") / _FOLDER / f"{name}.toml").read_text(encoding="utf-8")
