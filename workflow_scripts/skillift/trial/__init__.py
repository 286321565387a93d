"""A small run of a study before the real one, and what the real one would take."""
