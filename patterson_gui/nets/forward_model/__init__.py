"""Structure factors, Patterson maps and densities calculated from atoms, in batches."""
