"""Encode crystals to latents of 300 numbers, decode, interpolate and sample latents."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from patterson_gui.api.arguments import PathLike, number, one_of, path_of, random_seed, whole_number
from patterson_gui.api.progress import ShowProgress, shown, stopped_by_interrupt
from patterson_gui.api.types.latents import DecodedCrystal, DecodedCrystals, Latent
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials import latent as ground_latent
from patterson_gui.crystal.materials.cube import SAMPLE_KINDS, SampleKind
from patterson_gui.crystal.materials.latent import between
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io import resources
from patterson_gui.io.latents import read_latent
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.opening.materials import choose_materials, open_materials
from patterson_gui.nets.inference import crystal_coder

if TYPE_CHECKING:
    from patterson_gui.nets.inference.crystal_coder import NetworkCoder

Encodable = Material | ground.Crystal | PathLike


@machine_faults_as_sentences()
def encode(
    source: Encodable,
    *,
    kind: str = "crystal",
    entry: int | str | None = None,
    model: str | Path | None = None,
) -> Latent:
    """Encode a crystal to a latent of 300 numbers (after Hoffmann et al., arXiv:1909.00949).

    Parameters
    ----------
    source : a file (CIF, extended XYZ, POSCAR, PDB ...), a crystal with a small cell, or a
        `patterson_gui.crystal.materials.material.Material`.
    kind : "crystal": one unit cell alone in a cube of 10 Å; "lattice": a window of 10 Å cut out of
        the periodic crystal.
    entry : the crystal of a file with several: its number, from 1, or its identifier; None: the
        first.
    model : trained weights, by name or file; None: those that come with the program.

    Raises
    ------
    UserError : the crystal does not fit the cube, has elements beyond plutonium, or cannot be
        read.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> known = pg.open(pg.known_crystals_path())
    >>> z = pg.encode(known.material(0))
    >>> z.vector.shape
    (300,)
    """
    chosen = cast(SampleKind, one_of(kind, SAMPLE_KINDS, "kind"))
    material = material_of(source, entry)
    return Latent.of(load_coder(chosen, model).encode(material))


@machine_faults_as_sentences()
def decode(
    source: ground_latent.Latent | PathLike, *, model: str | Path | None = None
) -> DecodedCrystal:
    """Decode a latent to a crystal: its density, and the atoms in the density.

    Parameters
    ----------
    source : a latent, or the path of its file.
    model : the trained weights that encoded the latent, by name or file; None: those that come
        with the program.

    Raises
    ------
    UserError : the latent belongs to another network, or cannot be read.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> known = pg.open(pg.known_crystals_path())
    >>> z = pg.encode(known.material(0))
    >>> pg.decode(z).material.formula == known.material(0).formula
    True
    """
    latent = source if isinstance(source, ground_latent.Latent) else _read_latent(source)
    return DecodedCrystal(Latent.of(latent), load_coder(latent.kind, model).decode(latent))


@machine_faults_as_sentences()
def interpolate(
    first: ground_latent.Latent | Encodable,
    last: ground_latent.Latent | Encodable,
    *,
    steps: int = 9,
    kind: str = "crystal",
    model: str | Path | None = None,
    progress: ShowProgress = None,
) -> DecodedCrystals:
    """Decode latents on the straight line between two latents, both ends included.

    Parameters
    ----------
    first, last : crystals, as in `encode`, or latents or their files (.json).
    steps : number of crystals, at least 2.
    kind, model : as in `encode`.
    progress : as in `predict`.

    Raises
    ------
    UserError : the latents are of different kinds or networks, or as in `encode` and `decode`.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> known = pg.open(pg.known_crystals_path())
    >>> len(pg.interpolate(known.material(0), known.material(1), steps=3))
    3
    """
    steps = whole_number(steps, "steps", least=2)
    ends = [latent_of(end, kind, model) for end in (first, last)]
    if ends[0].kind != ends[1].kind:
        raise UserError(
            f"{_name(first)} is of the kind '{ends[0].kind}' and {_name(last)} of the kind "
            f"'{ends[1].kind}': give two of the same kind."
        )
    if ends[0].network != ends[1].network:
        raise UserError(
            f"{_name(first)} and {_name(last)} were encoded by different networks: encode both "
            "again with the same network."
        )
    between_them = [between(ends[0], ends[1], i / (steps - 1)) for i in range(steps)]
    return _decoded(between_them, load_coder(ends[0].kind, model), "step", progress)


@machine_faults_as_sentences()
def sample(
    n: int = 10,
    *,
    seed: int = 0,
    temperature: float = 1.0,
    around: ground_latent.Latent | Encodable | None = None,
    kind: str = "crystal",
    model: str | Path | None = None,
    progress: ShowProgress = None,
) -> DecodedCrystals:
    """Decode random latents.

    Parameters
    ----------
    n : number of samples.
    seed : random seed of the first sample; sample i has `seed + i`.
    temperature : factor on the standard deviation of the samples, above 0, at most 100.
    around : centre of the samples, a crystal or a latent; None: the distribution of the training
        crystals.
    kind, model : as in `encode`.
    progress : as in `predict`.

    Raises
    ------
    UserError : an argument is wrong, or as in `encode`.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> [crystal.latent.name for crystal in pg.sample(2)]
    ['sample 0', 'sample 1']
    """
    n, seed = whole_number(n, "n", least=1), random_seed(seed)
    temperature = number(temperature, "temperature", above=0, most=100)
    centre = None if around is None else latent_of(around, kind, model)
    chosen = cast(SampleKind, one_of(kind, SAMPLE_KINDS, "kind")) if centre is None else centre.kind
    coder = load_coder(chosen, model)
    drawn = [coder.sample(seed + i, temperature, centre) for i in range(n)]
    return _decoded(drawn, coder, "sample", progress)


# ---------------------------------------------------------------- parts
def material_of(source: Encodable, entry: int | str | None = None) -> Material:
    """Return a material unchanged, take it from a crystal, or read it from a file.

    Raises
    ------
    UserError : the crystal has no material, or the file no entry of that number or name.
    """
    if isinstance(source, Material):
        return source
    if isinstance(source, ground.Crystal):
        if source.material is None:
            raise UserError(
                f"{source.name or 'The crystal'} cannot be encoded, because it is disordered, has "
                "a large cell or has no model: choose an ordered crystal with a small cell."
            )
        return source.material
    path = path_of(source, "source")
    if entry is None:
        return choose_materials(path, [0])[0]
    if isinstance(entry, int) or entry.isdecimal():
        if int(entry) < 1:
            raise UserError("Entries count from 1: give a larger number or an identifier.")
        return choose_materials(path, [int(entry) - 1])[0]
    file = open_materials(path)
    for i in range(len(file)):
        if entry in (file.fields(i).get("material_id"), file.fields(i).get("identifier")):
            return file.material(i)
    raise UserError(f"{path.name} has no crystal called '{entry}': give its number, from 1.")


def latent_of(
    source: ground_latent.Latent | Encodable, kind: str, model: str | Path | None
) -> ground_latent.Latent:
    """Return a latent unchanged, read it from a file (.json), or encode a crystal."""
    if isinstance(source, ground_latent.Latent):
        return source
    if isinstance(source, str | Path) and Path(source).suffix == ".json":
        return _read_latent(source)
    return encode(source, kind=kind, model=model)


def known_crystals_path() -> Path:
    """The path of the data set of known crystals that comes with the program (.h5).

    Examples
    --------
    >>> import patterson_gui as pg
    >>> len(pg.open(pg.known_crystals_path())) > 5000
    True
    """
    return resources.known_crystals_path()


def _decoded(
    latents: Sequence[ground_latent.Latent],
    coder: "NetworkCoder",
    stem: str,
    progress: ShowProgress,
) -> DecodedCrystals:
    crystals = []
    with stopped_by_interrupt() as cancelled, shown("Decoding", progress) as report:
        for i, latent in enumerate(latents):
            if cancelled():
                raise Cancelled
            report(Progress(i / len(latents), f"{i + 1} of {len(latents)}"))
            crystals.append(DecodedCrystal(Latent.of(latent), coder.decode(latent)))
    return DecodedCrystals(crystals, stem)


def _read_latent(source: PathLike) -> ground_latent.Latent:
    return read_latent(path_of(source, "source"))


def load_coder(kind: SampleKind, model: str | Path | None) -> "NetworkCoder":
    """Load the trained network for one kind of sample.

    Parameters
    ----------
    model : trained weights, by name or file; None: those that come with the program.

    Raises
    ------
    UserError : there is no such network, or it cannot be read.
    """
    return crystal_coder.load_coder(kind, None if model is None else str(model))


def _name(source: object) -> str:
    """The name of an argument for an error message."""
    if isinstance(source, str | Path):
        return Path(source).name
    return getattr(source, "name", "") or "One of them"
