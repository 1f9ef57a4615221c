"""A whole structure from intensities: phases, space group, atoms, refinement, verdict."""
