"""Phases from the heavy-atom sites of the open crystal."""
