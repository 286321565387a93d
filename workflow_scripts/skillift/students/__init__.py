"""Students as model folders: made from scratch, taken in, or downloaded."""
