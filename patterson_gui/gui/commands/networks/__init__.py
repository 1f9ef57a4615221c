"""Commands for data sets and for training networks."""
