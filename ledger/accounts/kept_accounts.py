"""The file of what became of every row of a run, kept in pieces in the run's own database.

It is written in the transaction that ends the run, and so is there exactly when the run's counts are.
"""

from pathlib import Path

from sqlalchemy import Connection, delete, exists, insert, select

from ledger.tables import rollbook_accounts

# Less than any server takes in one statement, twice over, as MariaDB may double it.
_PIECE_BYTES = 1 << 20


def keep(connection: Connection, run_id: str, path: Path) -> None:
    """Keep the file as that of the run, in place of the one that it has."""
    forget(connection, run_id)
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(_PIECE_BYTES), b"")
        for piece_no, content in enumerate(pieces):
            line = {"run_id": run_id, "piece_no": piece_no, "content": content}
            connection.execute(insert(rollbook_accounts), [line])


def forget(connection: Connection, run_id: str) -> None:
    """Take the run's file out."""
    connection.execute(delete(rollbook_accounts).where(rollbook_accounts.c.run_id == run_id))


def forget_learners(connection: Connection, run_id: str, folder: Path) -> None:
    """Take the learners out of the run's file, if it has one; places, outcomes and reasons stay.

    folder: the user's alone.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not are_kept(connection, run_id):
        return
    former = pq.ParquetFile(fetch(connection, run_id, folder / "former.parquet"))
    with pq.ParquetWriter(folder / "nameless.parquet", former.schema_arrow, compression="zstd") as nameless:
        for batch in former.iter_batches():
            lines = pa.Table.from_batches([batch])
            at = lines.column_names.index("learner")
            nobody = pa.nulls(lines.num_rows, lines.schema.field(at).type)
            nameless.write_table(lines.set_column(at, lines.schema.field(at), nobody))
    keep(connection, run_id, folder / "nameless.parquet")


def are_kept(connection: Connection, run_id: str) -> bool:
    """Whether the run has a file."""
    return bool(connection.scalar(select(exists().where(rollbook_accounts.c.run_id == run_id))))


def fetch(connection: Connection, run_id: str, path: Path) -> Path:
    """Write the run's file to `path`, which is the user's alone; the path."""
    kept = rollbook_accounts.c
    query = select(kept.content).where(kept.run_id == run_id).order_by(kept.piece_no)
    path.touch(mode=0o600)
    with path.open("wb") as file, connection.execute(query, execution_options={"yield_per": 1}) as pieces:
        for (content,) in pieces:
            file.write(content)
    return path
