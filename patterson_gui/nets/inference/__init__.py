"""Trained networks in use: weights, applicability, density prediction, atoms."""
