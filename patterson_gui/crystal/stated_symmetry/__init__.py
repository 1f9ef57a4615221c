"""The space group that a file states: what its name means, whether it fits the cell, its origin."""
