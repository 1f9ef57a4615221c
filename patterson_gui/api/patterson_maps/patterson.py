"""Calculate Patterson maps: `patterson`."""

from dataclasses import replace

from patterson_gui.api.arguments import PathLike, number, one_of, path_of
from patterson_gui.api.opening import crystal_of
from patterson_gui.api.patterson_maps.differences import KINDS, differences
from patterson_gui.api.types.differences import DifferenceData
from patterson_gui.api.types.maps import DensityMap
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.maps import patterson as ground_floor
from patterson_gui.crystal.maps.sharpening import (
    B_REMOVED,
    SHARPENING_NAMES,
    SHARPENINGS,
    WITH_B,
)
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences


@machine_faults_as_sentences()
def patterson(
    source: ground.Crystal | Amplitudes | DifferenceData | PathLike,
    *,
    kind: str = "native",
    native: PathLike | None = None,
    native_column: str | None = None,
    derivative: str | None = None,
    d_min: float | None = None,
    d_max: float | None = None,
    remove_origin: bool = False,
    sharpen: str = "none",
    b: float | None = None,
    spacing: float | None = None,
) -> DensityMap:
    """The Patterson map of a crystal, P(u) = (1/V) Σ |F(h)|² cos 2π h·u (Patterson, 1934).

    Parameters
    ----------
    source : a crystal, amplitudes, differences (of `differences`), or the path of a file.
    kind : "native", the map of the amplitudes; "anomalous" or "isomorphous", the map of the
        squares of differences, for which `source` is the path of a file.
    native, native_column, derivative : of differences, as in `differences`.
    d_min, d_max : Å; reflections with a smaller or larger d are left out. None: use all.
    remove_origin : subtract the expected |F|² from each |F|², which removes the peak of the zero
        vectors at the origin.
    sharpen : the name or short name of a method in
        `patterson_gui.crystal.maps.sharpening.SHARPENINGS`, such as "E", which replaces |F| by the
        normalised |E|, or "B", which multiplies |F|² by exp(2 b s²), s² = 1/(4d²), as if the B of
        every atom were lower by `b`.
    b : Å², only for methods that lower B, such as "B" (default 10).
    spacing : largest distance of grid points, Å; None: a third of the resolution.

    Returns
    -------
    A zero-mean map of the whole cell in the Patterson group; in e²/Å³ if the amplitudes are on
    absolute scale and are not replaced by E values. `np.asarray` gives its grid,
    (nu, nv, nw) float32, the value at fractional (i/nu, j/nv, k/nw).

    Raises
    ------
    UserError : there are no amplitudes or no such differences, no reflection is within the
        limits, the sharpening leaves only noise, or the map does not fit into memory.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> P = pg.patterson(pg.example(), sharpen="E")
    >>> P.spacegroup.xhm()
    'P -1'
    """
    chosen = SHARPENING_NAMES[one_of(sharpen, SHARPENING_NAMES, "sharpen")]
    if b is not None and not SHARPENINGS[chosen].takes_b:
        raise UserError(f"b is only used with the sharpening {WITH_B}: give both or neither.")
    settings = ground_floor.PattersonSettings(
        d_min=None if d_min is None else number(d_min, "d_min", above=0, unit="Å"),
        d_max=None if d_max is None else number(d_max, "d_max", above=0, unit="Å"),
        remove_origin=bool(remove_origin),
        sharpen=chosen,
        b=B_REMOVED if b is None else number(b, "b", unit="Å²"),
        spacing=None if spacing is None else number(spacing, "spacing", above=0, unit="Å"),
    )
    if one_of(kind, ("native", *KINDS), "kind") != "native":
        if isinstance(source, ground.Crystal | Amplitudes | DifferenceData):
            raise UserError(
                f"The {kind} differences are read from a file: give its path as the source."
            )
        source = differences(
            path_of(source, "source"),
            kind,
            native=native,
            native_column=native_column,
            derivative=derivative,
        )
    elif native is not None or native_column is not None or derivative is not None:
        raise UserError(
            "native, native_column and derivative are only used with the kinds anomalous and "
            "isomorphous: give the kind as well."
        )
    if not isinstance(source, DifferenceData):
        return DensityMap.of(ground_floor.patterson(amplitudes_of(source), settings))
    found = source.read.differences
    density = ground_floor.patterson(found.amplitudes(), settings)
    return DensityMap.of(replace(density, name=f"{found.kind.capitalize()} difference Patterson"))


def amplitudes_of(source: ground.Crystal | Amplitudes | PathLike) -> Amplitudes:
    """Return amplitudes unchanged, or take them from a crystal or a file.

    Raises
    ------
    UserError : the crystal has no amplitudes.
    """
    if isinstance(source, Amplitudes):
        return source
    crystal = crystal_of(source)
    if crystal.amplitudes is None:
        raise UserError(
            f"{crystal.source or crystal.name or 'The crystal'} holds no amplitudes: open a "
            "model, reflections or a map."
        )
    return crystal.amplitudes
