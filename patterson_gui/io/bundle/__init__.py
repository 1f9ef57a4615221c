"""The prediction bundle (.pgz)."""
