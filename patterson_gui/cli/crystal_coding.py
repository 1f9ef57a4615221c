"""`crystal encode|decode|interpolate|sample|segment`: paper 2 from the command line."""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patterson_gui.crystal.materials.cube import EDGE, KINDS, POINTS, Kind, Sample
from patterson_gui.crystal.materials.latent import Decoded, Latent, between
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder

if TYPE_CHECKING:
    import gemmi

    from patterson_gui.crystal.maps.density_map import DensityMap
    from patterson_gui.crystal.material import Material
    from patterson_gui.nets.inference.crystal_coder import Coder

_NOT_ENERGY = "Whether such a crystal would be stable is not judged."


def add_crystal(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """The command and its own commands."""
    parser = subparsers.add_parser("crystal", help="encode crystals, decode them, find their atoms")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_encode(actions)
    _add_decode(actions)
    _add_interpolate(actions)
    _add_sample(actions)
    _add_segment(actions)


def _add_encode(actions: "argparse._SubParsersAction[Any]") -> None:
    parser = actions.add_parser("encode", help="a crystal as 300 numbers")
    parser.add_argument(
        "input", type=Path, metavar="FILE", help="CIF, extended XYZ, POSCAR, PDB ..."
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="Z.json", help="latent to write"
    )
    parser.add_argument(
        "--entry", metavar="N|ID",
        help="which crystal of a file with many: its number, from 1, or its identifier (1)",
    )  # fmt: skip
    _add_kind(parser)
    _add_model(parser)
    parser.set_defaults(run=encode_command)


def _add_decode(actions: "argparse._SubParsersAction[Any]") -> None:
    parser = actions.add_parser("decode", help="the crystal that 300 numbers stand for")
    parser.add_argument("input", type=Path, metavar="Z.json", help="made by 'crystal encode'")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.cif",
        help="crystal to write: .cif, .pdb, .extxyz or .vasp",
    )  # fmt: skip
    parser.add_argument("--map", type=Path, metavar="D.ccp4", help="write the decoded density too")
    _add_model(parser)
    parser.set_defaults(run=decode_command)


def _add_interpolate(actions: "argparse._SubParsersAction[Any]") -> None:
    parser = actions.add_parser("interpolate", help="crystals on the way from one to another")
    parser.add_argument("first", type=Path, metavar="A", help="crystal or latent")
    parser.add_argument("last", type=Path, metavar="B", help="crystal or latent")
    _add_folder(parser)
    parser.add_argument(
        "--steps", type=_number_from(2), default=9, metavar="N", help="with both ends (9)"
    )
    _add_kind(parser)
    _add_model(parser)
    parser.set_defaults(run=interpolate_command)


def _add_sample(actions: "argparse._SubParsersAction[Any]") -> None:
    parser = actions.add_parser("sample", help="crystals decoded from random numbers")
    _add_folder(parser)
    parser.add_argument("-n", type=_number_from(1), default=10, metavar="N", help="how many (10)")
    parser.add_argument("--seed", type=_number_from(0), default=0, metavar="S", help="(0)")
    parser.add_argument(
        "--temperature",
        type=_positive,
        default=1.0,
        metavar="T",
        help="spread, times the usual (1)",
    )
    parser.add_argument(
        "--around", type=Path, metavar="A", help="draw around this crystal or latent, not at large"
    )
    _add_kind(parser)
    _add_model(parser)
    parser.set_defaults(run=sample_command)


def _add_segment(actions: "argparse._SubParsersAction[Any]") -> None:
    parser = actions.add_parser("segment", help="atoms with their elements from a density map")
    parser.add_argument("input", type=Path, metavar="MAP", help="CCP4/MRC map")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="ATOMS.cif", help="or .pdb"
    )
    parser.add_argument(
        "--elements", choices=("auto", "organic", "all"), default="auto",
        help="organic: C, N, O and S in an electron density; all: any element, in a cube of 10 Å "
        "and 30 points as 'crystal decode --map' writes it (auto: by the map)",
    )  # fmt: skip
    _add_model(parser)
    parser.set_defaults(run=segment_command)


def _add_kind(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--kind", choices=KINDS, default="crystal",
        help="crystal: one unit cell by itself; lattice: a window onto the whole crystal (crystal)",
    )  # fmt: skip


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME|FILE", help="trained weights (the program's)")


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the crystals"
    )


# ---------------------------------------------------------------- commands
def encode_command(options: argparse.Namespace) -> None:
    """`crystal encode FILE -o Z.json`."""
    from patterson_gui.io.latents import write_latent

    material = _material(options.input, options.entry)
    latent = _coder(options.kind, options).encode(material)
    write_latent(options.output, latent)
    print(f"{material.label}: {len(material)} atoms as {len(latent.vector)} numbers")
    print(f"→ {options.output}")


def decode_command(options: argparse.Namespace) -> None:
    """`crystal decode Z.json -o OUT.cif`."""
    from patterson_gui.io.latents import read_latent

    latent = read_latent(options.input)
    decoded = _coder(latent.kind, options).decode(latent)
    _write(options.output, decoded, latent)
    if options.map is not None:
        _write_map(options.map, decoded, latent)
    _tell(decoded, latent)
    print(_NOT_ENERGY)
    print(f"→ {options.output}" + (f", {options.map}" if options.map is not None else ""))


def interpolate_command(options: argparse.Namespace) -> None:
    """`crystal interpolate A B -o DIR`."""
    first, last = (_latent(path, options) for path in (options.first, options.last))
    if first.kind != last.kind:
        raise UserError(
            f"{options.first.name} is a latent of a {first.kind} and {options.last.name} of a "
            f"{last.kind}: give two of one kind."
        )
    if first.network != last.network:
        raise UserError(
            f"{options.first.name} and {options.last.name} were encoded by different networks: "
            "encode both anew with one of them."
        )
    steps = [between(first, last, i / (options.steps - 1)) for i in range(options.steps)]
    _write_all(options.output, steps, first.kind, options, "step")


def sample_command(options: argparse.Namespace) -> None:
    """`crystal sample -o DIR -n 10`."""
    around = None if options.around is None else _latent(options.around, options)
    kind: Kind = options.kind if around is None else around.kind
    coder = _coder(kind, options)
    drawn = [coder.sample(options.seed + i, options.temperature, around) for i in range(options.n)]
    _write_all(options.output, drawn, kind, options, "sample")


def segment_command(options: argparse.Namespace) -> None:
    """`crystal segment MAP -o ATOMS.cif`."""
    from patterson_gui.io.maps.ccp4 import read_map

    density = read_map(options.input)
    cube = _is_cube(density)
    if options.elements == "all" and not cube:
        raise UserError(
            f"{options.input.name} is no cube of 10 Å with {POINTS} points an edge, in which alone "
            "all elements are known: take --elements organic for an electron density."
        )
    if options.elements == "organic" or (options.elements == "auto" and not cube):
        from patterson_gui.nets.inference.segment_atoms import atoms_of_map

        _write_structure(options.output, atoms_of_map(density), options.input)
        return
    from patterson_gui.crystal.materials.cube_map import cube_structure

    coder = _coder("crystal", options)
    fit = coder.atoms_of_density(density.grid)
    sample = Sample(fit.positions, fit.numbers, EDGE * np.eye(3), "crystal")
    _write_structure(options.output, cube_structure(sample, density.name), options.input)
    print(f"They explain {1 - fit.residual:.2%} of what is there.")


# ---------------------------------------------------------------- parts
def _coder(kind: Kind, options: argparse.Namespace) -> "Coder":
    from patterson_gui.nets.inference.crystal_coder import load_coder

    return load_coder(kind, options.model)


def _material(path: Path, entry: str | None) -> "Material":
    from patterson_gui.io.opening.materials import choose_materials, open_materials

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
    raise UserError(f"{path.name} has no crystal called '{entry}': give its number, from 1.")


def _latent(path: Path, options: argparse.Namespace) -> Latent:
    """A latent as it is, or that of a crystal."""
    from patterson_gui.io.latents import read_latent

    if path.suffix == ".json":
        return read_latent(path)
    return _coder(options.kind, options).encode(_material(path, None))


def _write_all(
    folder: Path, latents: Sequence[Latent], kind: Kind, options: argparse.Namespace, stem: str
) -> None:
    from patterson_gui.io.latents import write_latent

    coder = _coder(kind, options)
    make_folder(folder)
    for i, latent in enumerate(latents):
        decoded = coder.decode(latent)
        name = f"{stem}-{i + 1:0{len(str(len(latents)))}d}"
        if len(decoded.material):
            _write(folder / f"{name}.cif", decoded, latent)
        _write_map(folder / f"{name}.ccp4", decoded, latent)
        write_latent(folder / f"{name}.json", latent)
        print(f"{name}  ", end="")
        _tell(decoded, latent)
    print(_NOT_ENERGY)
    print(f"→ {folder}")


def _write(path: Path, decoded: Decoded, latent: Latent) -> None:
    from patterson_gui.io.opening.materials import write_materials

    if not len(decoded.material):
        raise UserError(
            "The latent stands for no arrangement of atoms, so that there is nothing to write: "
            "take another one, or write its density with --map."
        )
    write_materials(path, [decoded.material], provenance(decoded, latent))


def provenance(decoded: Decoded, latent: Latent) -> str:
    """Where a decoded crystal comes from, for its file."""
    return (
        f"Decoded by patterson_gui from 300 numbers ({latent.name or 'without a name'}; network "
        f"{latent.network}, {latent.kind}); its atoms explain {decoded.explained:.1%} of the "
        "decoded density; stability is not judged."
    )


def _write_map(path: Path, decoded: Decoded, latent: Latent) -> None:
    from patterson_gui.crystal.maps.density_map import MapKind
    from patterson_gui.crystal.materials.cube_map import cube_map
    from patterson_gui.io.maps.ccp4 import write_map

    write_map(path, cube_map(decoded.density, MapKind.PREDICTED, latent.name))


def _tell(decoded: Decoded, latent: Latent) -> None:
    from patterson_gui.crystal.materials.validity import check

    material = decoded.material
    told = f"{material.formula or 'no atoms'}: {len(material)} atoms explain "
    print(told + f"{decoded.explained:.1%} of the density")
    if len(material):
        for sentence in check(material).sentences:
            print(f"    {sentence}")


def _is_cube(density: "DensityMap") -> bool:
    cell = density.cell
    right = all(abs(angle - 90) < 1e-3 for angle in (cell.alpha, cell.beta, cell.gamma))
    edges = all(abs(edge - EDGE) < 1e-3 for edge in (cell.a, cell.b, cell.c))
    return right and edges and density.shape == (POINTS,) * 3


def _write_structure(path: Path, structure: "gemmi.Structure", source: Path) -> None:
    from patterson_gui.crystal.materials.structure import material_of
    from patterson_gui.io.opening.materials import write_materials

    material = material_of(structure)
    if not len(material):
        raise UserError(f"No atoms were found in {source.name}: it shows none, or is no density.")
    write_materials(path, [material], f"Atoms found by patterson_gui in {source.name}.")
    counts = Counter(site.element.name for site in _sites(structure))
    print(f"{sum(counts.values())} atoms: {', '.join(f'{n} {s}' for s, n in counts.most_common())}")
    print(f"→ {path}")


def _sites(structure: "gemmi.Structure") -> "list[gemmi.Atom]":
    return [site.atom for site in structure[0].all()]


def _number_from(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least {least}")
        return int(text)

    return number


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from error
    if not 0 < value < 100:
        raise argparse.ArgumentTypeError(f"'{text}' must lie between 0 and 100")
    return value
