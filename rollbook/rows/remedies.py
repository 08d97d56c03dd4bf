"""What to do about a failure, as one text: what its sender can do, then what only an administrator can."""

# A value that a remedy quotes is one line, so that the first line break is this one.
_BETWEEN = "\nAdministrator: "


def remedy_text(remedy: str, administrator: str = "") -> str:
    """Both remedies, the administrator's marked and on a line of its own."""
    return f"{remedy}{_BETWEEN}{administrator}" if administrator else remedy


def for_the_sender(text: str) -> str:
    """What the person with the spreadsheet can do, of a `remedy_text`."""
    return text.partition(_BETWEEN)[0]


def for_the_administrator(text: str) -> str:
    """What only an administrator can do, of a `remedy_text`; nothing where there is no such thing."""
    return text.partition(_BETWEEN)[2]


def with_question(text: str, question: str) -> str:
    """A `remedy_text` with a question to the sender behind what she can do."""
    remedy, between, administrator = text.partition(_BETWEEN)
    return f"{remedy} {question}{between}{administrator}"
