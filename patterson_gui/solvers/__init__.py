"""Phase retrieval, building of atoms, and evaluation of methods; uses torch."""
