"""From responses to scores: judges, their certification, the ANSWER line, scoring paths."""
