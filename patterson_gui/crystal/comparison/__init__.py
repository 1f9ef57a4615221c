"""Comparison of maps, phases and atoms with reference values."""
