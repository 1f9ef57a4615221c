import gemmi
import pytest

# Ideal Ala-Gly-Ser with a break after it, then a lone Ala; an incomplete Lys; water; a
# second conformer and a hydrogen, as files have them. Coordinates made for these tests.
PEPTIDE = """\
CRYST1   30.000   31.000   32.000  90.00  90.00  90.00 P 21 21 21    4
ATOM      1  N   ALA A  52      11.104   6.134   6.504  1.00 11.00           N
ATOM      2  CA AALA A  52      11.639   6.071   5.147  0.60 12.00           C
ATOM      3  CA BALA A  52      11.700   6.200   5.300  0.40 12.00           C
ATOM      4  C   ALA A  52      10.674   6.749   4.186  1.00 13.00           C
ATOM      5  O   ALA A  52       9.474   6.497   4.232  1.00 14.00           O
ATOM      6  CB  ALA A  52      12.999   6.753   5.085  1.00 15.00           C
ATOM      7  HA  ALA A  52      11.800   5.020   4.900  1.00 15.00           H
ATOM      8  N   GLY A  52A     11.184   7.613   3.316  1.00 16.00           N
ATOM      9  CA  GLY A  52A     10.345   8.321   2.364  1.00 17.00           C
ATOM     10  C   GLY A  52A     10.996   9.588   1.845  1.00 18.00           C
ATOM     11  O   GLY A  52A     12.180   9.826   2.074  1.00 19.00           O
ATOM     12  N   SER A  53      10.220  10.400   1.140  1.00 20.00           N
ATOM     13  CA  SER A  53      10.720  11.650   0.590  1.00 21.00           C
ATOM     14  C   SER A  53       9.640  12.400  -0.170  1.00 22.00           C
ATOM     15  O   SER A  53       8.460  12.050  -0.100  1.00 23.00           O
ATOM     16  CB  SER A  53      11.280  12.530   1.700  1.00 24.00           C
ATOM     17  OG  SER A  53      10.270  12.900   2.620  1.00 25.00           O
ATOM     18  N   ALA A  60      20.104  16.134  16.504  1.00 11.00           N
ATOM     19  CA  ALA A  60      20.639  16.071  15.147  1.00 12.00           C
ATOM     20  C   ALA A  60      19.674  16.749  14.186  1.00 13.00           C
ATOM     21  O   ALA A  60      18.474  16.497  14.232  1.00 14.00           O
ATOM     22  CB  ALA A  60      21.999  16.753  15.085  1.00 15.00           C
ATOM     23  N   LYS A  61      20.184  17.613  13.316  1.00 16.00           N
ATOM     24  CA  LYS A  61      19.345  18.321  12.364  1.00 17.00           C
ATOM     25  C   LYS A  61      19.996  19.588  11.845  1.00 18.00           C
ATOM     26  O   LYS A  61      21.180  19.826  12.074  1.00 19.00           O
ATOM     27  CB  LYS A  61      18.000  18.700  13.000  1.00 19.00           C
HETATM   28  N   MSE A  62      19.220  20.400  11.140  1.00 20.00           N
HETATM   29  CA  MSE A  62      19.720  21.650  10.590  1.00 20.00           C
HETATM   30  C   MSE A  62      18.640  22.400   9.830  1.00 20.00           C
HETATM   31  O   MSE A  62      17.460  22.050   9.900  1.00 20.00           O
HETATM   32  O   HOH A 101       2.000   3.000   4.000  1.00 30.00           O
END
"""


@pytest.fixture
def peptide() -> gemmi.Structure:
    structure = gemmi.read_pdb_string(PEPTIDE)
    structure.name = "made"
    return structure


@pytest.fixture
def peptide_without_cell() -> gemmi.Structure:
    structure = gemmi.read_pdb_string(PEPTIDE.split("\n", 1)[1])
    structure.name = "made"
    return structure
