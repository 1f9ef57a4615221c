"""Networks that turn a Patterson map into a density: data, training, prediction."""
