"""Build data sets for training, and train networks."""
