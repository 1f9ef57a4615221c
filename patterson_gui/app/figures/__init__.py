"""The settings of figures, taken from what is open."""
