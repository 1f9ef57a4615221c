"""Scenes for other programs, and where those programs are."""
