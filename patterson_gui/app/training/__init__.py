"""A training as seen from the application."""
