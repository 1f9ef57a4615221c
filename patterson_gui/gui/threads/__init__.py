"""Calls and requests between the GUI thread and the other threads."""
