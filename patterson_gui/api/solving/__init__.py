"""Solve measured crystals: one (`solve`), or all data sets in a folder (`screen`)."""
