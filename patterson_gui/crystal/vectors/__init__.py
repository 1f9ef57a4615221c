"""Vectors between atoms: where they lie in a Patterson map, and which sites explain its peaks."""
