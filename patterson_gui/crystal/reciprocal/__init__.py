"""Reciprocal space: reflections, structure factors, Fourier transforms, intensity statistics."""
