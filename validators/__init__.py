"""The rules, in one table: canonical rows -> rows with a verdict, and failures. Plain functions, as in transforms."""

# Raised by whoever changes what a rule accepts: files that were imported under another version are judged anew.
RULES_VERSION = 6
