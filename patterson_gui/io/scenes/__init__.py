"""Scenes: files of maps and models, and how another program is to show them."""
