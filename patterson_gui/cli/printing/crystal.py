"""What is printed of a decoded crystal."""

from patterson_gui.crystal.materials.latent import Decoded
from patterson_gui.crystal.materials.validity import check

NO_ENERGIES = "Whether such a crystal would be stable is not judged."


def print_decoded(decoded: Decoded) -> None:
    """Formula, how much of the density the atoms explain, and what the chemistry says."""
    material = decoded.material
    print(
        f"{material.formula or 'no atoms'}: {len(material)} atoms explain "
        f"{decoded.explained:.1%} of the density"
    )
    if len(material):
        for sentence in check(material).sentences:
            print(f"    {sentence}")
