"""Planning a study before anything is spent."""
