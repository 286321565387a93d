"""What is wrong with a study, looked for before its first job: in its files, and outside of it."""
