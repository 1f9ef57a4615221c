"""Model files: PDB, mmCIF, CIF, SHELX, extended XYZ, formats that ASE reads; `writers/`."""
