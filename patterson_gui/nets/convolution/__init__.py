"""Circular convolutions, normalisation and pooling on periodic grids."""
