"""Ala-Gly in a monoclinic cell, as a PDB file."""

PDB = """\
CRYST1   20.000   21.000   22.000  90.00  95.00  90.00 P 1 21 1      2
ATOM      1  N   ALA A   1       1.458   0.000   0.000  1.00 20.00           N
ATOM      2  CA  ALA A   1       2.009   1.420   0.000  1.00 20.00           C
ATOM      3  C   ALA A   1       3.533   1.398   0.000  1.00 20.00           C
ATOM      4  O   ALA A   1       4.150   0.334   0.000  1.00 20.00           O
ATOM      5  CB  ALA A   1       1.500   2.180   1.220  1.00 20.00           C
ATOM      6  N   GLY A   2       4.120   2.590   0.000  1.00 20.00           N
ATOM      7  CA  GLY A   2       5.570   2.690   0.000  1.00 20.00           C
ATOM      8  C   GLY A   2       6.030   4.140   0.000  1.00 20.00           C
ATOM      9  O   GLY A   2       5.220   5.060   0.000  1.00 20.00           O
END
"""
