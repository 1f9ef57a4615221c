"""Space groups: candidates for a lattice, and how well phases of P1 agree with each."""
