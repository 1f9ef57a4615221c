"""Sending to and fetching from ChimeraX, Coot and PyMOL."""
