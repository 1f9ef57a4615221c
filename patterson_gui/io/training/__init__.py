"""Training settings, events, run folders and model cards."""
