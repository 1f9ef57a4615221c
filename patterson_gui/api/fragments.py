"""Cut residues out of a protein and put them alone into a P1 cell: `fragment`."""

import gemmi

from patterson_gui.api.arguments import PathLike, cell_edge, number, path_of
from patterson_gui.api.types.crystals import Crystal
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.models.fragment import default_range, make_fragment
from patterson_gui.crystal.models.residues import ResidueRange, parse_range
from patterson_gui.crystal.problem_kinds import B_ISO, CELL_EDGE, D_MIN, MARGIN
from patterson_gui.errors import UserError
from patterson_gui.io.opening.models import read_model


def fragment(
    source: ground.Crystal | gemmi.Structure | PathLike,
    residues: str | None = None,
    *,
    cell: float | str = CELL_EDGE,
    margin: float = MARGIN,
    b: float = B_ISO,
    d_min: float = D_MIN,
) -> Crystal:
    """Put residues of a protein alone into a P1 cell, as Pan et al., IUCrJ 10, 487 (2023).

    The crystal holds the non-hydrogen atoms of the first conformer of standard residues. Their
    centre of mass is at the centre of the cell, and all B factors are equal.

    Parameters
    ----------
    source : a model: a file (PDB or mmCIF), a crystal with a model, or a gemmi structure.
    residues : chain and range with insertion codes, as "A:10-11"; None: the first two bonded,
        complete residues that fit the cell.
    cell : edge of a cube, Å; "auto": the fragment's extent plus `margin` along each axis.
    margin : Å, for "auto" only.
    b : Å², B of every atom; 0 or more.
    d_min : Å, resolution of the amplitudes and of the true density.

    Returns
    -------
    A crystal with calculated amplitudes, its model, composition and true density (e/Å³).

    Raises
    ------
    UserError : a residue is missing, not standard or incomplete, the chain is broken, or the
        fragment does not fit the cube.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> from patterson_gui.io.resources import resources_folder
    >>> peptide = pg.fragment(resources_folder() / "examples" / "1yjp.pdb", "A:2-3")
    >>> peptide.name
    '1yjp A:2-3'
    """
    edge = cell_edge(cell)
    margin = number(margin, "margin", above=0, unit="Å")
    b = number(b, "b", least=0, unit="Å²")
    d_min = number(d_min, "d_min", above=0, unit="Å")
    structure = _model(source)
    if residues is None:
        chosen = ResidueRange(*default_range(structure, edge))
    elif isinstance(residues, str):
        chosen = parse_range(residues)
    else:
        raise UserError(f"residues must be text as 'A:10-11', not {residues!r}.")
    crystal = make_fragment(
        structure,
        chosen.chain,
        chosen.first,
        chosen.last,
        cell_edge=edge,
        margin=margin,
        b_iso=b,
        d_min=d_min,
    )
    if crystal.amplitudes is None:
        raise UserError("No reflection lies within the resolution limit: choose a smaller d_min.")
    return Crystal.of(crystal)


def _model(source: ground.Crystal | gemmi.Structure | PathLike) -> gemmi.Structure:
    if isinstance(source, gemmi.Structure):
        return source
    if isinstance(source, ground.Crystal):
        if source.model is None:
            raise UserError(f"{source.name or 'The crystal'} has no model to cut a fragment from.")
        return source.model
    return read_model(path_of(source, "source"))
