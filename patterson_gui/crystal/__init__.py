"""Ground floor: cell, symmetry, structure, reflections, density, Patterson, metrics."""
