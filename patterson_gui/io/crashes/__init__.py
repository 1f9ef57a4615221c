"""Crashes of the window: what is watched while it runs, and reports without user data."""
