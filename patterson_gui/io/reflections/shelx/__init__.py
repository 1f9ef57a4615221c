"""Reflection files of SHELX: the layouts of their columns, their rows, and how they are read."""
