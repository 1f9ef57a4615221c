"""What several kinds of files share: CIF blocks, SHELX instructions, cells and space groups."""
