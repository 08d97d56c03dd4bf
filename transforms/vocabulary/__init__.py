"""What sheets call things, one file a language: `<code>.toml`. Adding a language is adding a file.

Of each file: `[headers]` lists words and phrases by class, of which headers are made up (`header_words` says which
classes make which field); `[fields]` lists whole headers whose meaning their words do not show; `[status]`,
`[refused]`, `[answers]`, `negations`, `[grades]` and `[calendar]` hold what stands in cells. Words are compared without
case, accents and punctuation, so that each is spelled once, as a native writes it.
"""
