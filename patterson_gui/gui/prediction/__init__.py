"""The Predict button, its menu, and the results of a prediction."""
