"""`rollbook template`."""

from pathlib import Path

from pipeline.options import console_of
from reports.workbook.template import write_template
from reports.workbook.template_language import NoTemplate
from rollbook.commands import command
from rollbook.errors import CannotBegin
from rollbook.options import Invocation


def template(invocation: Invocation, *, path: Path, to: str, language: str) -> int:
    """Write the template; a file that is there is never overwritten."""
    if path.suffix.lower() != ".xlsx":
        raise CannotBegin(f"The template is an Excel workbook: name a file that ends with .xlsx, not {path.name}.")
    if path.exists():
        raise CannotBegin(f"{path} exists already. Name another file, or move that one away.")
    try:
        write_template(path, to, language)
    except NoTemplate as error:
        raise CannotBegin(str(error)) from None
    except OSError as error:
        raise CannotBegin(f"The template cannot be written to {path}: {error.strerror or error}.") from None
    console = console_of(invocation)
    if console.asked_for_json:
        console.answer({"exit": 0, "path": str(path), "to": to, "language": language})
    where = [] if to == "database" else ["--to", to]
    console.say(f"Wrote the template {path}. Fill it in, then: {command('import', path.absolute(), *where)}")
    return 0
