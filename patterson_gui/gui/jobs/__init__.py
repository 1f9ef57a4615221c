"""Jobs in the window: an entry in the status bar, a list above it, a table of all."""
