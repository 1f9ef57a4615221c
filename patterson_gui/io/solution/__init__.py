"""Files of a solved structure: SHELX, CIF, MTZ, PDB, maps and reports."""
