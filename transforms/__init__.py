"""Raw tables -> canonical rows: columns, values, identities. Plain functions: no clock, disk, network or database."""
