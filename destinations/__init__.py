"""Where rows belong: one registry of destinations behind one small protocol."""
