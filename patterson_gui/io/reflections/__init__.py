"""Reflection files: MTZ, CIF, SHELX, XDS, Scalepack."""
