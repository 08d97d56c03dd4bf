"""Where the program's own packages are: processes of its own start there, and faults of its own are told by it."""

from pathlib import Path

PACKAGES = Path(__file__).resolve().parent.parent
