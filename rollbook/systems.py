"""The systems outside, by the words of `--to`."""

# As people call them.
SYSTEM_NAMES = {"smarteru": "SmarterU", "moon": "Moon ERP", "axcelerate": "aXcelerate"}
