"""What sheets call things, one file a language: `<code>.toml`. Adding a language is adding a file.

Of each file: `[headers]` lists words and phrases by class, of which headers are made up (`header_words` says which
classes make which field); `[fields]` lists whole headers whose meaning their words do not show. What stands in cells:
`[status]` and `[refused]` (kinds as in `status_table`), `beside` (what a status may have beside it), `negations`,
`[answers]`, `[grades]`, and `[calendar]`: twelve months, each with its spellings, and the days of the week. A language
of which only cells are read has no `[headers]`. Words are compared without case, accents and punctuation, so that each
is spelled once, as a native writes it.
"""
