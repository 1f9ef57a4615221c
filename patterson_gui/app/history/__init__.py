"""What the user did and found: steps that can be undone, and predictions that are kept."""
