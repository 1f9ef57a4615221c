"""The seeds of random numbers that a user may choose."""

LARGEST_SEED = 2**31 - 1  # the fields of the window and every generator take seeds up to it
