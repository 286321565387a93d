"""Pages in a real browser; a package, so that a fixture of it ends with its last test."""
