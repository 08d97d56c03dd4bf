"""How a text file was read, in words: its encoding, delimiter and quotation mark."""

from rollbook.text_form import TextForm

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}
# What programs and people call the encodings that Python names otherwise.
_ENCODINGS = {
    "cp1250": "Windows, Central European",
    "cp1251": "Windows, Cyrillic",
    "cp1252": "Windows, Western",
    "cp1253": "Windows, Greek",
    "cp1254": "Windows, Turkish",
    "cp1255": "Windows, Hebrew",
    "cp1256": "Windows, Arabic",
    "cp1257": "Windows, Baltic",
    "cp1258": "Windows, Vietnamese",
    "mac-roman": "Mac, Western",
    "mac-latin2": "Mac, Central European",
    "mac-cyrillic": "Mac, Cyrillic",
}


def form_object(form: TextForm | None) -> dict[str, str | None]:
    """`encoding`, `delimiter`, `quote` of `--json`; null for a file that is not text."""
    form = form or TextForm()
    return {"encoding": form.encoding, "delimiter": form.delimiter, "quote": form.quote}


def form_line(form: TextForm) -> str:
    """One line: the encoding, what separates the cells, what stands around them."""
    known = _ENCODINGS.get(form.encoding or "")
    encoding = f"{form.encoding} ({known})" if known else str(form.encoding)
    between = _DELIMITERS.get(form.delimiter or "", f"“{form.delimiter}”")
    marks = {'"': "", "": ", no quotation marks"}.get(form.quote or "", f", quotation mark {form.quote}")
    return f"text in {encoding}, cells separated by {between}{marks}"


def unusual_form(form: TextForm) -> str | None:
    """The same line, where the file is other than UTF-8 with commas, semicolons or tabs; else None."""
    usual = form.encoding in (None, "utf-8", "utf-8-sig") and form.delimiter in (None, ",", ";", "\t")
    return None if usual and form.quote in (None, '"') else form_line(form)
