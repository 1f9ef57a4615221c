"""Commands that predict and that keep predictions."""
