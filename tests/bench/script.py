"""The script that one would write by hand instead of Rollbook. `python -m tests.bench.script FILE URL`.

It reads with pandas and openpyxl, validates with pandera (all errors at once), drops duplicates and writes with to_sql.
What it does not do is most of what Rollbook does: no report, no ledger, no second run.
"""

import sys

import pandas as pd
import pandera.pandas as pa
from sqlalchemy import create_engine

SCHEMA = pa.DataFrameSchema(
    {
        "E-mail": pa.Column(str, pa.Check.str_matches(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")),
        "Employee ID": pa.Column(str),
        "Session ID": pa.Column(str),
        "Session date": pa.Column("datetime64[ns]", pa.Check.le(pd.Timestamp("2030-01-01"))),
        "Status": pa.Column(str, pa.Check.isin(["Completed", "Attended", "Present", "No show"])),
        "Score": pa.Column(float, pa.Check.in_range(0, 100), nullable=True),
        "Completed on": pa.Column("datetime64[ns]", pa.Check.le(pd.Timestamp("2030-01-01")), nullable=True),
        "Comments": pa.Column(str, nullable=True),
    }
)


def main(file: str, url: str) -> None:
    """Read, validate, drop, write."""
    frame = pd.read_excel(file, engine="openpyxl")
    for column in ("Session date", "Completed on"):
        frame[column] = pd.to_datetime(frame[column], errors="coerce").astype("datetime64[ns]")
    frame["Score"] = pd.to_numeric(frame["Score"], errors="coerce")
    try:
        SCHEMA.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        frame = frame.drop(index=found.failure_cases["index"].dropna().unique())
    frame = frame.drop_duplicates(["E-mail", "Session ID"])
    with create_engine(url).begin() as connection:
        frame.to_sql("enrollments", connection, index=False, chunksize=10_000)


if __name__ == "__main__":
    main(*sys.argv[1:])
