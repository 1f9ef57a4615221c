"""Opening any file: what it is, and what it contains."""
