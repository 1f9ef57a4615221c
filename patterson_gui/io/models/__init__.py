"""Model files: PDB, mmCIF, CIF, SHELX, extended XYZ and the formats that ASE reads."""
