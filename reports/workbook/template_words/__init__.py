"""The words of the template, a file a language."""
