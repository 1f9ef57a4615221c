"""The prediction bundle (.pgz): one file with a crystal, its maps and its prediction."""
