"""What is wrong with a row, the same from the rule that said it to the page and the workbook that show it."""

from dataclasses import dataclass

from rollbook.text.letters import letters_in


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a row: a line of v_failed_rows.

    source_column: the letter(s) of the blamed cell, as `header` its header; None where the row as a whole is to blame.
    field: the canonical field; value: the cell's text. message, remedy: as the rule words them.
    """

    code: str
    header: str | None
    source_column: str | None
    field: str | None
    value: str | None
    message: str
    remedy: str

    @property
    def letters(self) -> list[str]:
        """The letters of the blamed cells; none when the whole row is to blame."""
        return letters_in(self.source_column) if self.source_column else []
