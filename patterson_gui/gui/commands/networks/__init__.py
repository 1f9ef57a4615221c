"""Commands for data sets, for training networks and for the trained ones."""
