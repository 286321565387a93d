"""What is wrong with a study, looked for before its first job: in its files (`mistakes`), and outside (`needs`)."""
