"""What a study publishes: which figures and tables, and the tables as HTML, LaTeX and CSV."""
