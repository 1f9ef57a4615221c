"""The space group that a file states: whether it fits the cell, and where its origin is."""
