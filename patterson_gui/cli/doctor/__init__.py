"""Examine the installation: what the program needs, whether it is there, and how to fix it."""
