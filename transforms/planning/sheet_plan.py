"""The plan of a sheet: a record of how it is read, the same for all of its parts."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from rollbook.text_form import TextForm
from transforms.planning.columns.cleaners import CleaningTerms
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.layouts.wide import SessionColumn
from transforms.planning.table.ignored_rows import Judge
from transforms.planning.table.table_detection import EVIDENCE, IDENTITY, LEARNER
from transforms.planning.titles import TitleValue
from transforms.values.dates.dates import Typed
from transforms.values.statuses.status_words import StatusMeaning

State = Literal["read", "skipped", "failed"]
# In `[rows] skip`, for all session cells of a wide sheet: a record is a cell there.
ANY_SESSION = "cell"


@dataclass(frozen=True)
class SheetPlan:
    """How a sheet is read, the same for all of its parts.

    state: skipped: it holds no learners; failed: `code` (file.no_header, file.missing_columns,
        file.ambiguous_columns) and `message` say why not. rows: rows below the header.
    header_row: the number of the header's row; None where there is none (the profile names columns by letter).
    first_row, last_row: the numbers of the table's first and last row of data; what stands below is another table.
    columns: field by field. headers: (letter, header text) of every column, '' where it has none.
    unmapped: headers that feed no field. never: letters that are not stored and not returned. ignore: letters that are
        to feed nothing and are not kept beside the record.
    unused: (header, filled cells) of the columns that feed nothing and hold something, the fullest first.
    unused_dates: those of them that hold dates, where the database would enter the day of the import.
    sessions, cell: of a wide sheet its sessions, and how their cells are read.
    constants: (field, text) of the profile's defaults and of titles that no column feeds; defaults: how their texts are
        read. titles: those that title lines say.
    skip: (letter, texts): a row with one of the texts there is passed over.
    other_row: the number of the row where another table begins; it is not read.
    above_row: the number of the row of the header of a table above this one, which is not read.
    note: what else the user should know.
    from_row, to_row: the rows of the sheet that are this table's, titles included, where the sheet has several tables.
    preset: the preset that it is read by. short: of a meeting's report, the numbers of the rows of learners who were
        there for too short a time.
    key: of what a query found, the letters of the columns that tell its rows apart.
    form: of a text file, as it was read. width: of a text file, how many cells its header line has; else 0.
    """

    name: str
    position: int
    state: State
    code: str | None = None
    message: str | None = None
    rows: int = 0
    header_row: int | None = None
    first_row: int = 0
    last_row: int = 0
    layout: Literal["long", "wide"] = "long"
    columns: tuple[ColumnPlan, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    unmapped: tuple[str, ...] = ()
    sessions: tuple[SessionColumn, ...] = ()
    cell: ColumnPlan | None = None
    constants: tuple[tuple[str, str], ...] = ()
    defaults: tuple[ColumnPlan, ...] = ()
    titles: tuple[TitleValue, ...] = ()
    skip: tuple[tuple[str, tuple[str, ...]], ...] = ()
    never: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    from_workbook: bool = False
    destination: str = "database"
    today: str = "1970-01-01"
    typed: Typed | None = None
    note: str | None = None
    form: TextForm | None = None
    width: int = 0
    unused: tuple[tuple[str, int], ...] = ()
    unused_dates: tuple[str, ...] = ()
    other_row: int | None = None
    above_row: int | None = None
    from_row: int = 0
    to_row: int | None = None
    preset: str | None = None
    short: tuple[int, ...] = ()
    key: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The plan as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "SheetPlan":
        """The plan that `to_json` wrote."""
        raw = json.loads(text)
        raw["columns"] = tuple(_column(plain) for plain in raw["columns"])
        raw["defaults"] = tuple(_column(plain) for plain in raw["defaults"])
        raw["titles"] = tuple(TitleValue(**plain) for plain in raw.get("titles", ()))
        raw["form"] = TextForm(**raw["form"]) if raw.get("form") else None
        raw["cell"] = _column(raw["cell"]) if raw["cell"] else None
        raw["sessions"] = tuple(SessionColumn(**plain) for plain in raw["sessions"])
        raw["skip"] = tuple((letter, tuple(texts)) for letter, texts in raw["skip"])
        for name in ("headers", "constants", "unused"):
            raw[name] = tuple((key, value) for key, value in raw.get(name, ()))
        raw["unused_dates"] = tuple(raw.get("unused_dates", ()))
        raw |= {name: tuple(raw.get(name, ())) for name in ("unmapped", "never", "ignore", "short", "key")}
        return cls(**raw)

    @property
    def header_of(self) -> dict[str, str]:
        """Letter -> header text."""
        return dict(self.headers)

    @property
    def reading(self) -> CleaningTerms:
        """What the cleaners know of the file."""
        return CleaningTerms(date.fromisoformat(self.today), self.from_workbook, self.typed)

    @property
    def judge(self) -> Judge:
        """Tells rows that carry no record."""
        return Judge(
            {letter: header for letter, header in self.headers if header} if self.header_row else {},
            self.letters_of(LEARNER),
            self.letters_of(IDENTITY),
            self.letters_of(frozenset(EVIDENCE)),
            tuple(session.letter for session in self.sessions),
            tuple(x for column in self.columns if column.numbered for x in column.letters),
        )

    @property
    def fed(self) -> frozenset[str]:
        """The letters of the columns that feed a field, or a session."""
        fed = [*(column.letters for column in self.columns), *(session.letters for session in self.sessions)]
        return frozenset(letter for letters in fed for letter in letters)

    @property
    def others(self) -> tuple[str, ...]:
        """The letters of the columns that feed no field, whose cells are kept beside the record."""
        left_out = self.fed | {*self.never, *self.ignore}
        return tuple(letter for letter, _ in self.headers if letter not in left_out)

    def letters_of(self, fields: frozenset[str]) -> tuple[str, ...]:
        """The letters of the columns that feed any of the fields, each once."""
        return tuple(dict.fromkeys(x for column in self.columns if column.field in fields for x in column.letters))


def _column(plain: Mapping[str, Any]) -> ColumnPlan:
    return ColumnPlan(
        **{
            **plain,
            "letters": tuple(plain["letters"]),
            "headers": tuple(plain["headers"]),
            "values": tuple((word, value) for word, value in plain["values"]),
            "out_of": tuple((letter, possible) for letter, possible in plain.get("out_of", ())),
            "legend": tuple((mark, word) for mark, word in plain.get("legend", ())),
            "answers": tuple(plain.get("answers", ())),
            "no_record": tuple(plain.get("no_record", ())),
            "stored": tuple(plain.get("stored", ())),
            "meaning": StatusMeaning(**plain["meaning"]),
        }
    )
