"""Maps in real space: density, Patterson function, peaks, masks, iso-surfaces."""
