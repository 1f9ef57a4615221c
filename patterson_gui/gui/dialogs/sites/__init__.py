"""Dialogs about heavy-atom sites: find them, add one, phase with them."""
