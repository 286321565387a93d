"""The episode browser: all episodes beside each other, in one file."""
