"""Crystals encoded to a vector, decoded from it, and atoms found in densities (paper 2)."""
