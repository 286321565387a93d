"""What figures, pages and findings say alike: arms and their names, numbers as text, certificates."""
