"""Scenes for other programs: files of maps and models, and how to show them."""
