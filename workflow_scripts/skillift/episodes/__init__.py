"""Episodes: students and reference models answer tasks, and what is checked of their answers."""
