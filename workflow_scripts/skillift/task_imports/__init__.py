"""Tasks that others made, as files of own tasks and skills: from generators, and from JSON Lines."""
