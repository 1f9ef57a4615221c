"""Parts of file formats that several readers use: CIF blocks, SHELX instructions, symmetry."""
