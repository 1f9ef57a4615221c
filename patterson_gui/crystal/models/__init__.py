"""Atomic models: residues, fragments, clashes, the contents of a whole cell."""
