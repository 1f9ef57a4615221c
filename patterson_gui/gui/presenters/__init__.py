"""Presenters: show the document in the views and bring the user's changes to the document."""
