"""The bridge to PyMOL."""
