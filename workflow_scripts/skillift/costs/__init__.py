"""What a study costs: estimated before it, measured after it."""
