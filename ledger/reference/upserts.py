"""Lines of reference data compared with those that are there: found by a key, added, changed."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Column, Connection, Table, select, update

from ledger.sql.bulk import insert_frame
from ledger.sql.temporary_tables import temporary
from transforms.values.normalize import addresses

# Who made a line: loaded or synced, which the rules read; or an import, which they do not.
REFERENCE, IMPORT = ORIGINS = ("reference", "import")


@dataclass(frozen=True)
class Loaded:
    """What became of a load: rows `added`, `changed`, `unchanged`; `problems` (row, message) were left out.

    adopted: lines that imports had created, and that are reference data now or became one with it.
    """

    added: int
    changed: int
    unchanged: int
    problems: pd.DataFrame
    adopted: int = 0


class Sifting:
    """Rows under way: those that are told as problems leave, at the first reason."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.rows = frame
        self._problems: list[pd.DataFrame] = []

    def refuse(self, bad: pd.Series, message: str) -> None:
        """Take the rows where `bad` is true out; `message` may name columns in braces; a blank one leaves nothing."""
        refused = self.rows[bad.to_numpy(dtype=bool)]
        if len(refused):
            known = refused.astype("object").where(refused.notna(), "").to_dict("records")
            told = [" ".join(message.format(**record).split()) for record in known]  # type: ignore[arg-type,misc,unused-ignore]
            self._problems.append(pd.DataFrame({"row": refused["row"], "message": told}))
            self.rows = self.rows.drop(index=refused.index)

    def refuse_contradictions(self, name: str, compared: pd.DataFrame, message: str) -> None:
        """Take out rows with the same `name` that differ in a column of `compared`; a blank differs from nothing."""
        keys = self.rows[name]
        differ = compared.reindex(self.rows.index).groupby(keys).nunique().gt(1).any(axis="columns")
        self.refuse(keys.isin(differ[differ].index), message)

    @property
    def problems(self) -> pd.DataFrame:
        """row, message: in the order of rows."""
        empty = pd.DataFrame({"row": pd.Series(dtype="int64"), "message": pd.Series(dtype="str")})
        found = pd.concat(self._problems) if self._problems else empty
        return found.sort_values("row", kind="stable", ignore_index=True)


def existing(connection: Connection, table: Table, names: tuple[str, ...]) -> pd.DataFrame:
    """All lines of a table: id (Int64), origin where it has one, and the named columns; dates as ISO text."""
    wanted = ["id", "origin", *names]
    rows = connection.execute(select(*(table.c[name] for name in wanted)).order_by(table.c.id)).all()
    frame = pd.DataFrame(rows, columns=wanted).astype({"id": "Int64"})
    for name in names:
        if name in ("course_id", "max_participants"):
            frame[name] = frame[name].astype("Int64")
        else:
            frame[name] = frame[name].map(str, na_action="ignore").astype("str")
    # Other programs may have written addresses in their own spelling.
    return frame.assign(email=addresses(frame["email"])) if "email" in frame else frame


def look_up(known: pd.DataFrame, name: str, wanted: pd.Series) -> pd.Series:
    """The ID (Int64) of the line whose `name` is the wanted one."""
    ids = known.drop_duplicates(name).set_index(name)["id"]
    return wanted.map(ids).astype("Int64")


def look_up_unique(known: pd.DataFrame, name: str, wanted: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The ID where exactly one line has the wanted `name`, and whether several have it."""
    named = known.dropna(subset=name)
    several = wanted.isin(named.loc[named.duplicated(name, keep=False), name])
    return look_up(named.drop_duplicates(name, keep=False), name, wanted), several


def line_keys(sign: str, first: pd.Series, other_sign: str, second: pd.Series) -> pd.Series:
    """What tells new lines apart: the first key, else the second; the signs keep the two kinds apart."""
    return (sign + first.astype("str")).fillna(other_sign + second.astype("str"))


def upsert(
    connection: Connection,
    table: Table,
    found: pd.DataFrame,
    keys: pd.Series,
    known: pd.DataFrame,
    problems: pd.DataFrame,
) -> Loaded:
    """Add the lines without `id`, change the others; rows of one line (the same `id`, else key) are put together.

    found: `id` (Int64) and the columns of `known`; the last value of a line's rows counts, a blank changes nothing.
    known: what `existing` gave.
    """
    names = [name for name in known.columns if name not in ("id", "origin")]
    line = found["id"].astype("object").where(found["id"].notna(), keys.astype("object"))
    wanted = found.groupby(line, sort=False)[["id", *names]].last().reset_index(drop=True)
    new = wanted["id"].isna()
    insert_frame(connection, table, wanted.loc[new, names].assign(origin=REFERENCE))
    after = wanted[~new].reset_index(drop=True)
    before = after[["id"]].merge(known, on="id", how="left")
    filled = pd.DataFrame({name: after[name].astype(before[name].dtype).fillna(before[name]) for name in names})
    changed = (before["origin"] != REFERENCE) | _differ(filled, before[names])
    _overwrite(connection, table, filled.assign(id=after["id"])[changed])
    added, altered, adopted = int(new.sum()), int(changed.sum()), int((before["origin"] != REFERENCE).sum())
    return Loaded(added, altered, len(found) - added - altered, problems, adopted)


def _differ(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """Where a line of one frame has another value than that of the other; two missing ones are the same."""
    plain = [frame.astype("object").where(frame.notna(), "").astype("str") for frame in (one, other)]
    return (plain[0] != plain[1]).any(axis="columns") | (one.isna() != other.isna()).any(axis="columns")


def _overwrite(connection: Connection, table: Table, changed: pd.DataFrame) -> None:
    if changed.empty:
        return
    names = [name for name in changed.columns if name != "id"]
    columns = [Column("id", BigInteger, nullable=False), *(Column(name, table.c[name].type) for name in names)]
    with temporary(connection, "rollbook_changed", *columns) as fresh:
        insert_frame(connection, fresh, changed)
        values: dict[str, Any] = {name: fresh.c[name] for name in names}
        values |= {"origin": REFERENCE, "run_id": None}
        connection.execute(update(table).where(table.c.id == fresh.c.id).values(values))
