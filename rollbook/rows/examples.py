"""The example rows of the template: nobody has an address of theirs, so they are never taken for records.

Domains that end with `.example` are reserved for examples (RFC 2606).
"""

EXAMPLE_ADDRESSES = ("example.ann@rollbook.example", "example.bo@rollbook.example")
# As the rows are found in a column of addresses or contact IDs.
EXAMPLE_PATTERN = r"example\.\w+@rollbook\.example"
