"""What is trained on: demonstrations of a teacher, and the corpora selected from them."""
