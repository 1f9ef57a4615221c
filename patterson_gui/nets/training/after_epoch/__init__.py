"""After each epoch: validation, metrics, the card and preview, curves for TensorBoard."""
