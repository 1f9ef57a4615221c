"""The mass of a protein from the file of its sequence."""

from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.models.sequences import mass_of_sequence

# Hen egg-white lysozyme, UniProt P00698 without its signal peptide: 14,313 Da with reduced sulphurs
LYSOZYME = (
    "KVFGRCELAAAMKRHGLDNYRGYSLGNWVCAAKFESNFNTQATNRNTDGSTDYGILQINSRWWCNDGRTPGSRNLCNIPCSALLSSD"
    "ITASVNCAKKIVSDGNGMNAWVAWRNRCKGTDVQAWIRGCRL"
)


@pytest.mark.parametrize(
    ("text", "chains"),
    [
        (LYSOZYME, 1),
        (LYSOZYME[:60].lower() + "\n" + LYSOZYME[60:] + "*\n", 1),
        (f">A\n{LYSOZYME}\n", 1),
        (f">A\n{LYSOZYME}\n>B\n{LYSOZYME}\n", 2),
    ],
)
def test_lysozyme_has_its_mass(tmp_path: Path, text: str, chains: int) -> None:
    path = tmp_path / "a.seq"
    path.write_text(text)
    # gemmi counts the protons of Lys, Arg and His as well
    assert mass_of_sequence(path) == pytest.approx(14_313.0 * chains, rel=2e-3)


@pytest.mark.parametrize("text", [">A\n", "12 34\n", "{not a sequence}"])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.seq"
    path.write_text(text)
    with pytest.raises(UserError, match=r"a\.seq is no sequence of a protein"):
        mass_of_sequence(path)
