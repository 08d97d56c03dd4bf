"""The floor: what parsing and storing cost alone, with nothing judged. `python -m tests.bench.floor FILE URL`.

fastexcel reads the sheet to Arrow strings, COPY brings it into an empty table, and INSERT … SELECT … ON CONFLICT DO
NOTHING from there into a table with the unique key.
"""

import sys
from io import BytesIO

import fastexcel
import psycopg
import pyarrow.csv
from sqlalchemy.engine import make_url

COLUMNS = ("email", "employee", "session", "session_date", "status", "score", "completed_on", "comments")
BATCH_ROWS = 50_000


def main(file: str, url: str) -> None:
    """Read, copy, insert; one transaction."""
    sheet = fastexcel.read_excel(file).load_sheet(0, dtypes="string")
    table = pyarrow.Table.from_batches([sheet.to_arrow()])
    with psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        texts = ", ".join(f"{column} text" for column in COLUMNS)
        connection.execute(f"CREATE TABLE raw ({texts})")
        connection.execute(f"CREATE TABLE enrollments (id bigserial PRIMARY KEY, {texts}, UNIQUE (session, email))")
        cursor = connection.cursor()
        with cursor.copy("COPY raw FROM STDIN (FORMAT csv)") as copy:
            for batch in table.to_batches(max_chunksize=BATCH_ROWS):
                text = BytesIO()
                pyarrow.csv.write_csv(batch, text, pyarrow.csv.WriteOptions(include_header=False))
                copy.write(text.getbuffer())
        names = ", ".join(COLUMNS)
        connection.execute(f"INSERT INTO enrollments ({names}) SELECT {names} FROM raw ON CONFLICT DO NOTHING")


if __name__ == "__main__":
    main(*sys.argv[1:])
