"""Tasks and skills: a user's own, and what a student is shown of them."""
