"""Every row of a large run as a file: `rollbook rows --export`."""

from pathlib import Path

from tests.bench.measuring import ROLLBOOK, watched
from tests.bench.report import Bar, Figure

_SECONDS, _MIB = 10, 300


def listing(folder: Path, url: str, rows: int) -> tuple[list[Bar], list[Figure]]:
    """Export the rows of the last run of a database. rows: how many they are."""
    bars = []
    for ending in ("csv", "xlsx", "parquet"):
        path = folder / f"rows.{ending}"
        found = watched(ROLLBOOK, "rows", "last", "--database", url, "--export", str(path))
        path.unlink()
        told = f"`rows --export` of {rows:,} rows as .{ending}"
        bars += [
            Bar(told, found.seconds, _SECONDS, "s"),
            Bar(f"memory of {told}", found.peak_mib, _MIB, "MiB"),
        ]
    return bars, []
