"""Elements of atoms: which may occur, which each site has, and by what evidence."""
