"""What the program is without a window: document, view state, jobs, settings."""
