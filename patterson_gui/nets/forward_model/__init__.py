"""Calculated Patterson maps and densities for whole batches, on the device."""
