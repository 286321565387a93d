"""Checkpoints and corpora on the Hugging Face hub: their cards, and the upload."""
