"""Figures: pictures of the views at any size, turntables, plots, and their dialogs."""
