"""What people read in their own language: a folder of texts for each language, and how they are filled in.

messages.toml: what notifications say. pages.toml, rules.toml: the texts of the pages, and the messages and remedies of
the rules, each under the English text that the code holds; English itself has only what differs from it: plural forms.
"""
