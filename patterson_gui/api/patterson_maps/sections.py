"""Sections through maps, and the Harker sections of space groups."""

from typing import cast

import gemmi
from numpy.typing import ArrayLike

from patterson_gui.api.arguments import PathLike, number, one_of
from patterson_gui.api.opening import crystal_of
from patterson_gui.api.patterson_maps.patterson import patterson
from patterson_gui.api.types.differences import DifferenceData
from patterson_gui.api.types.maps import DensityMap
from patterson_gui.api.types.sections import HarkerTable, Section
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.maps import density_map
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.sections import harker
from patterson_gui.crystal.sections.harker import HarkerSection
from patterson_gui.crystal.sections.planes import Plane, harker_plane, parse_plane
from patterson_gui.crystal.sections.sampling import (
    BOUNDS,
    Bounds,
    Interpolation,
    Projection,
    SectionSampler,
    Slab,
    default_bounds,
)
from patterson_gui.crystal.vectors.harker_sites import NEAR, HarkerSite, sites_from_harker_vectors
from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences

MAPS = ("auto", "patterson", "density")


@machine_faults_as_sentences()
def section(
    source: density_map.DensityMap | ground.Crystal | Amplitudes | DifferenceData | PathLike,
    at: str | Plane | HarkerSection,
    *,
    map_of: str = "auto",
    bounds: str | Bounds = "auto",
    slab: float = 0.0,
    projection: str = "mean",
    interpolation: str = "exact",
    spacing: float | None = None,
) -> Section:
    """A plane section or a slab of a map, in the true geometry of the cell.

    Parameters
    ----------
    source : a map, a crystal, amplitudes, differences (of `differences`), or the path of a file.
    at : "w=0.5" for a constant coordinate; "1 1 0 = 0.5" for a plane h k l and its distance from
        the origin in spacings, "1 1 0 = 2.5 Å" in Å; or one of `harker_sections`.
    map_of : of a source that is no map: "patterson", "density", or "auto", the map of a map file
        and the Patterson map of others.
    bounds : "centred" (−½…½), "cell" (0…1), "three" (−1…2), or "auto": centred for Patterson maps,
        otherwise the cell; or `patterson_gui.crystal.sections.sampling.Bounds`.
    slab : Å; 0: the plane alone.
    projection : what is shown of a slab, the "mean" or the "maximum".
    interpolation : "exact" by Fourier terms, or "cubic", for maps with steps such as masked ones.
    spacing : largest distance of points, Å; None: a tenth of the resolution.

    Returns
    -------
    A section with `values`, `contours`, `peaks` and `save`.

    Raises
    ------
    UserError : no such section, or one outside −1…2; no such map in the source; a spacing that is
        too small.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> cut = pg.section(pg.example(), "w=0.5")
    >>> cut.plane.label
    'u, v, ½'
    """
    density = density_for_sections(source, map_of)
    found = at if isinstance(at, HarkerSection) else None
    plane = plane_of(at, density.cell)
    if not isinstance(bounds, Bounds):
        name = one_of(bounds, ("auto", *BOUNDS), "bounds")
        bounds = default_bounds(density) if name == "auto" else BOUNDS[name]
    sampled = SectionSampler(density).sample(
        plane,
        bounds,
        Slab(
            number(slab, "slab", unit="Å"),
            cast(Projection, one_of(projection, ("mean", "maximum"), "projection")),
        ),
        interpolation=cast(
            Interpolation, one_of(interpolation, ("exact", "cubic"), "interpolation")
        ),
        spacing=None if spacing is None else number(spacing, "spacing", above=0, unit="Å"),
    )
    return Section.of(sampled, found)


def harker_sections(
    spacegroup: str | gemmi.SpaceGroup | ground.Crystal, *, cell: gemmi.UnitCell | None = None
) -> HarkerTable:
    """The Harker sections of a space group, derived from its operations.

    Of planes and lines that the symmetry of the Patterson map makes equivalent one is given, with
    all operations that make it.

    Parameters
    ----------
    spacegroup : a symbol, such as "P 21 21 21", a space group, or a crystal.
    cell : chooses between the settings that a symbol can mean, such as the unique axis of "P 21".

    Returns
    -------
    Planes, then lines, each with `kind`, `label`, `vectors`; empty for P 1 and P −1.

    Raises
    ------
    UserError : there is no such space group, or the cell does not have its symmetry.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> [section.label for section in pg.harker_sections("P 21/c")]
    ['u, ½, w', '0, v, ½']
    """
    group = _group(spacegroup, cell)
    return HarkerTable(harker.harker_sections(group), group.xhm())


def plane_of(at: object, cell: gemmi.UnitCell) -> Plane:
    """The plane that text or a Harker section means.

    Raises
    ------
    UserError : it means none.
    """
    if isinstance(at, Plane):
        return at
    if isinstance(at, HarkerSection):
        return harker_plane(at, cell)
    if isinstance(at, str):
        return parse_plane(at, cell)
    raise UserError("at must be text such as 'w=0.5', or a section of harker_sections.")


def density_for_sections(source: object, map_of: str = "auto") -> DensityMap:
    """The map that is cut: given, opened, or calculated.

    Raises
    ------
    UserError : the source has no such map, or `map_of` is not one of `MAPS`.
    """
    wanted = one_of(map_of, MAPS, "map_of")
    if isinstance(source, density_map.DensityMap):
        return DensityMap.of(source)
    if isinstance(source, Amplitudes | DifferenceData):
        if wanted == "density":
            raise UserError("Amplitudes have no density: cut their Patterson map.")
        return patterson(source)
    crystal = crystal_of(source)  # type: ignore[arg-type]  # refuses what is neither
    if crystal.opened_map is not None and wanted != "patterson":
        return DensityMap.of(crystal.opened_map)
    if wanted != "density":
        return patterson(crystal)
    if crystal.truth is not None:
        return DensityMap.of(crystal.truth)
    if crystal.model is None or crystal.amplitudes is None:
        raise UserError(
            f"{crystal.source or crystal.name or 'The crystal'} holds no density: open a map or a "
            "model, or cut the Patterson map."
        )
    return DensityMap.of(true_density(crystal.model, crystal.amplitudes.d_min))


def _group(spacegroup: object, cell: gemmi.UnitCell | None) -> gemmi.SpaceGroup:
    if isinstance(spacegroup, gemmi.SpaceGroup):
        return spacegroup
    if isinstance(spacegroup, ground.Crystal):
        return spacegroup.spacegroup
    if isinstance(spacegroup, str):
        return harker.group_named(spacegroup, cell)
    raise UserError("spacegroup must be a symbol such as 'P 21 21 21', or a crystal.")


def harker_sites(
    vectors: ArrayLike,
    spacegroup: str | gemmi.SpaceGroup | ground.Crystal,
    *,
    cell: gemmi.UnitCell | None = None,
    near: float = NEAR,
) -> tuple[HarkerSite, ...]:
    """The sites of one atom that explain Harker vectors: peaks that it makes with its own images.

    A vector u on the Harker section of (R, t) is solved for x by (I − R) x = u + t. Sites that
    differ by symmetry, by the choice of the origin, or by the hand are one.

    Parameters
    ----------
    vectors : (n, 3) fractional u v w, such as `peak.frac`; one, or several of one atom.
    spacegroup : a symbol with `cell`, a space group with `cell`, or a crystal.
    cell : of the crystal; needed unless a crystal is given.
    near : Å, the largest misfit.

    Returns
    -------
    Sites, best first, each with `frac`, the directions `free` that the vectors leave open, and
    `misfit` in Å.

    Raises
    ------
    UserError : no cell is given, the group has no Harker sections, a vector lies on none, or no
        site explains all vectors together.

    Examples
    --------
    >>> import gemmi
    >>> import patterson_gui as pg
    >>> cell = gemmi.UnitCell(30, 40, 50, 90, 90, 90)
    >>> site, *_ = pg.harker_sites([[0.5, 0.1, 0.3], [0.7, 0.5, 0.2]], "P 21 21 21", cell=cell)
    >>> site.determined
    True
    """
    if isinstance(spacegroup, ground.Crystal):
        cell = spacegroup.cell
    if cell is None:
        raise UserError("Sites need a unit cell: give a crystal, or cell=gemmi.UnitCell(...).")
    group = _group(spacegroup, cell)
    return sites_from_harker_vectors(vectors, cell, group, number(near, "near", above=0, unit="Å"))
