"""What reading tells of a cell beside its text: the kinds of marks, as they stand in a sheet's list of marks.

`error`: an error, or a formula that was saved without its value. `imprecise`: a number of more than 15 digits.
`ragged`: a line with more or fewer cells than its header. The others say what the cell shows.
"""

MarkKind = str
SHOWN_AS, ID_SHOWN_AS = "shown otherwise: ", "id shown otherwise: "
# The rule that such a cell breaks.
SHOWN_OTHERWISE = "cell.shown_otherwise"


def shown_as(how: str) -> MarkKind:
    """The mark of a cell that a reader takes for something else than its text; how: a clause, as "it shows “yes”"."""
    return f"{SHOWN_AS}{how}"


def shows_only(part: str) -> MarkKind:
    """The mark of a typed month or year, which is stored as its first day. part: `month 2024-01`, `year 2024`."""
    return f"{_ONLY}{part}"


def has_no_day(kind: MarkKind) -> bool:
    """Is it the mark of a typed month or year?"""
    return kind.startswith(_ONLY)


_ONLY = shown_as("it shows only the ")
STRUCK_OUT = shown_as("it is struck out")
SHOWS_NOTHING = shown_as("it shows nothing")
# The figures of a note's number as the small ones that they are: E100¹ is not E1001.
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def id_shown_as(how: str) -> MarkKind:
    """The mark of a number whose format shows other digits: as a score it is the number, as an ID it is in doubt."""
    return f"{ID_SHOWN_AS}{how}"
