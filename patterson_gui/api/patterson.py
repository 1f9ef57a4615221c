"""Calculate Patterson maps: `patterson`."""

from patterson_gui.api.arguments import PathLike, number, one_of
from patterson_gui.api.opening import crystal_of
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
    source: ground.Crystal | Amplitudes | PathLike,
    *,
    d_min: float | None = None,
    remove_origin: bool = False,
    sharpen: str = "none",
    b: float | None = None,
    spacing: float | None = None,
) -> DensityMap:
    """The Patterson map of a crystal, P(u) = (1/V) Σ |F(h)|² cos 2π h·u (Patterson, 1934).

    Parameters
    ----------
    source : a crystal, amplitudes, or the path of a file.
    d_min : Å; reflections with a smaller d are left out. None: use all.
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
    UserError : there are no amplitudes, no reflection is within the limit, the sharpening
        leaves only noise, or the map does not fit into memory.

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
        remove_origin=bool(remove_origin),
        sharpen=chosen,
        b=B_REMOVED if b is None else number(b, "b", unit="Å²"),
        spacing=None if spacing is None else number(spacing, "spacing", above=0, unit="Å"),
    )
    return DensityMap.of(ground_floor.patterson(amplitudes_of(source), settings))


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
