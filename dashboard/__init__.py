"""The dashboard: pages for those who repair failed rows. Everything that it writes goes through `Actions`."""
