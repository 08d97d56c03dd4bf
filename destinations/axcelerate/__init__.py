"""aXcelerate, over its REST interface: outcomes and dates of enrolments, overrides of access to modules."""
