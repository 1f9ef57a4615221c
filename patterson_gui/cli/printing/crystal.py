"""What is printed of decoded crystals."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patterson_gui.api.types.latents import DecodedCrystal, DecodedCrystals

NO_ENERGIES = "Whether such a crystal would be stable is not judged."


def print_decoded(crystal: "DecodedCrystal") -> None:
    """Formula, how much of the density the atoms explain, and what the chemistry says."""
    material = crystal.material
    print(
        f"{material.formula or 'no atoms'}: {len(material)} atoms explain "
        f"{crystal.explained:.1%} of the density"
    )
    if len(material):
        for sentence in crystal.validity.sentences:
            print(f"    {sentence}")


def save_and_print(crystals: "DecodedCrystals", folder: Path) -> None:
    """Write several crystals into a folder and print a line for each."""
    named = dict(zip(crystals.names, crystals, strict=True))

    def saved(name: str) -> None:
        print(f"{name}  ", end="")
        print_decoded(named[name])

    crystals.save(folder, saved)
    print(NO_ENERGIES)
    print(f"→ {folder}")
