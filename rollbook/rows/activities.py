"""What a row for aXcelerate may be about, in the letters of its interface; a module is told by its enrolment's ID."""

UNIT, WORKSHOP, CLASS, E_LEARNING = ACTIVITIES = ("s", "w", "p", "el")

# What a row says of the access to a module, whatever the module's dates say.
UNLOCKED, LOCKED, CLEAR = "unlocked", "locked", "clear"
