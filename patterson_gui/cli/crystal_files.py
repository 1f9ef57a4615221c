"""The files of the `crystal` commands: crystals and latents read, decoded crystals written."""

from collections.abc import Sequence
from pathlib import Path

from patterson_gui.cli.printing.crystal import NO_ENERGIES, print_decoded
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import Kind
from patterson_gui.crystal.materials.cube_map import cube_map
from patterson_gui.crystal.materials.latent import Decoded, Latent
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.latents import read_latent, write_latent
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.write_materials import write_materials
from patterson_gui.io.opening.materials import choose_materials, open_materials
from patterson_gui.nets.inference.crystal_coder import Coder, load_coder


def material_in(path: Path, entry: str | None) -> Material:
    """One crystal of a file: its number, counted from 1, or its identifier; None: the first.

    Raises
    ------
    UserError : the file cannot be read or has no such crystal.
    """
    if entry is None:
        return choose_materials(path, [0])[0]
    if entry.isdecimal():
        if int(entry) < 1:
            raise UserError("--entry counts from 1: give a larger number or an identifier.")
        return choose_materials(path, [int(entry) - 1])[0]
    file = open_materials(path)
    for i in range(len(file)):
        if entry in (file.fields(i).get("material_id"), file.fields(i).get("identifier")):
            return file.material(i)
    raise UserError(
        f"{path.name} has no crystal called '{entry}': give its number, counted from 1."
    )


def latent_in(path: Path, kind: Kind, model: str | None) -> Latent:
    """The latent in a file, or that of the first crystal in it.

    Raises
    ------
    UserError : the file cannot be read or encoded.
    """
    if path.suffix == ".json":
        return read_latent(path)
    return load_coder(kind, model).encode(material_in(path, None))


def write_latents(folder: Path, latents: Sequence[Latent], coder: Coder, stem: str) -> None:
    """Decode each latent; write crystal, density and latent of each, and print what it is."""
    make_folder(folder)
    for i, latent in enumerate(latents):
        decoded = coder.decode(latent)
        name = f"{stem}-{i + 1:0{len(str(len(latents)))}d}"
        if len(decoded.material):
            write_decoded(folder / f"{name}.cif", decoded, latent)
        write_decoded_map(folder / f"{name}.ccp4", decoded, latent)
        write_latent(folder / f"{name}.json", latent)
        print(f"{name}  ", end="")
        print_decoded(decoded)
    print(NO_ENERGIES)
    print(f"→ {folder}")


def write_decoded(path: Path, decoded: Decoded, latent: Latent) -> None:
    """Write a decoded crystal.

    Raises
    ------
    UserError : it has no atoms, or the file cannot be written.
    """
    if not len(decoded.material):
        raise UserError(
            "No atoms were found in the decoded density, so there is nothing to write: use "
            "another latent, or write the density with --map."
        )
    write_materials(path, [decoded.material], _provenance(decoded, latent))


def write_decoded_map(path: Path, decoded: Decoded, latent: Latent) -> None:
    """Write the density of a decoded crystal as a CCP4 map."""
    write_map(path, cube_map(decoded.density, MapKind.PREDICTED, latent.name))


def _provenance(decoded: Decoded, latent: Latent) -> str:
    return (
        f"Decoded by patterson_gui from 300 numbers ({latent.name or 'without a name'}; network "
        f"{latent.network}, {latent.kind}); its atoms explain {decoded.explained:.1%} of the "
        "decoded density; stability is not judged."
    )
