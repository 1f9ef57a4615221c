"""Hydrogen atoms: what geometry allows, and what the difference map shows."""
