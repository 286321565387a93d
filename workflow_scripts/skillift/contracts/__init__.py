"""The tables that pass between steps, as pandera schemas over polars frames."""
