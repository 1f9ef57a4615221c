"""Read map coefficients, amplitudes with phases. They are only for showing maps."""
