"""Optimisation: the network being trained, its learning rate, the average of its weights."""
