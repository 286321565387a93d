"""Students as model folders: made from nothing, taken in, or downloaded."""
