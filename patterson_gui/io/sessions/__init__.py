"""Sessions: what was open, how it was shown, and the predictions, in files that can be kept."""
