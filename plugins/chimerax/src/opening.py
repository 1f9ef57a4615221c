"""Open a bundle in ChimeraX: volumes at their levels, atoms, and the unit cell."""

import tempfile
from html import escape

from .cell import orthogonalised
from .pgz import unpack
from .text import BundleError

TAG = "(patterson_gui)"  # at the end of the name of every map and model of ours
OPACITY = 0.6  # of a surface, so that atoms are visible through it
EDGE_COLOUR = (153, 158, 166, 255)


def open_bundle(session, path):
    """The models of a bundle under one parent, and a line that says what they are.

    The open command adds them to the session.
    """
    from chimerax.core.errors import UserError
    from chimerax.core.models import Model

    # Everything is read before the folder is deleted.
    with tempfile.TemporaryDirectory(prefix="patterson_gui-") as folder:
        try:
            scene = unpack(path, folder)
        except BundleError as error:
            raise UserError(str(error)) from error
        parent = Model(unmarked(scene["name"]), session)
        # Models first: ChimeraX may draw a frame while it reads them, and then drops maps that are
        # not in the session yet.
        models = {item["key"]: _atoms(session, item) for item in of_kind(scene, "model")}
        maps = {item["key"]: _volume(session, item) for item in of_kind(scene, "map")}
    parent.add([*maps.values(), *models.values()])
    if scene["cell"]:
        parent.add([outline(session, scene["cell"])])
    log(session, scene)
    if not session.models.list():
        fit_once_drawn(session, parent)
    counts = [f"{len(some)} {word}{'' if len(some) == 1 else 's'}"
              for some, word in ((maps, "map"), (models, "model")) if some]  # fmt: skip
    return [parent], f"Opened {scene['name']}: {', '.join(counts)}"


def fit_once_drawn(session, parent):
    """Fit the first structure of a session into the view once its surfaces are there.

    ChimeraX places the camera when models are added, before it has the surfaces of maps.
    """
    from chimerax.core.commands import run

    frames = []

    def new_frame(*_):
        if parent.deleted:
            handler.remove()
        elif parent in session.models.list():
            frames.append(1)
            if len(frames) == 2:  # surfaces are made between two frames
                handler.remove()
                run(session, "view", log=False)

    handler = session.triggers.add_handler("new frame", new_frame)


def of_kind(scene, kind):
    """The items that are maps, or models."""
    return [item for item in scene["items"] if item["kind"] == kind]


def unmarked(name):
    """A name without markup, because some versions of ChimeraX log the names of maps as HTML."""
    return name.replace("<", "(").replace(">", ")").replace("&", "+")


def tagged(item):
    """The name in ChimeraX."""
    return f"{unmarked(item['name'])} {TAG}"


def log(session, scene):
    """Write into the log where the bundle comes from."""
    lines = [scene["provenance"], scene["verdict"], *scene["notes"]]
    text = "<br>".join(escape(line) for line in lines if line)
    session.logger.info(f"<b>{escape(scene['name'])}</b><br>{text}", is_html=True)


def rgba(colour, alpha=1.0):
    """'#rrggbb' as four numbers from 0 to 1."""
    return (*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)), alpha)


def _volume(session, item):
    """The map as a volume of the whole cell with all its faces, in the style it was saved with."""
    from chimerax.map import volume_from_grid_data

    volume = volume_from_grid_data(
        closed(_grid(item["path"])), session, open_model=False, show_dialog=False
    )
    volume.name = tagged(item)
    style_volume(volume, item)
    volume.display = item["shown"]
    volume.patterson_rmsd = item["rmsd"]
    return volume


def style_volume(volume, item):
    """Level, colour and style of a contour."""
    surface = item["style"] == "surface"
    volume.set_parameters(
        surface_levels=[item["level"]],
        surface_colors=[rgba(item["colour"], OPACITY if surface else 1.0)],
        show_outline_box=False,
    )
    volume.new_region(ijk_step=(1, 1, 1), adjust_step=False)
    volume.set_display_style("surface" if surface else "mesh")


def _grid(path):
    from chimerax.map_data import open_file

    (grid,) = open_file(path, "ccp4")[:1]
    return grid


def closed(grid):
    """The grid of a whole cell with its first planes repeated at the end of each axis, so that
    surfaces do not stop one point before a face."""
    import numpy
    from chimerax.map_data import ArrayGridData

    values = numpy.pad(grid.full_matrix(), ((0, 1), (0, 1), (0, 1)), mode="wrap")
    return ArrayGridData(
        values, origin=grid.origin, step=grid.step, cell_angles=grid.cell_angles, name=grid.name
    )


def _atoms(session, item):
    """A model as sticks: carbon in the colour of the item, other elements in ChimeraX's own."""
    import numpy
    from chimerax.atomic.colors import element_colors

    kind = "mmcif" if item["path"].endswith(".cif") else "pdb"
    models, _ = session.open_command.open_data(
        item["path"], format=kind, name=tagged(item), auto_style=False
    )
    model = models[0]
    model.name = tagged(item)
    atoms = model.atoms
    atoms.displays = True
    atoms.draw_modes = atoms.STICK_STYLE
    model.residues.ribbon_displays = False
    atoms.colors = element_colors(atoms.element_numbers)
    carbon = atoms[atoms.element_names == "C"]
    carbon.colors = numpy.array([round(255 * x) for x in rgba(item["colour"])], numpy.uint8)
    model.display = item["shown"]
    return model


def outline(session, cell):
    """The edges of a unit cell (a b c in Å, α β γ in degrees) as a surface without faces."""
    import numpy
    from chimerax.core.models import Surface

    corners = [(u, v, w) for u in (0, 1) for v in (0, 1) for w in (0, 1)]
    vertices = numpy.array([orthogonalised(cell, corner) for corner in corners], numpy.float32)
    triangles, masks = cell_faces(corners)
    surface = Surface("unit cell", session)
    surface.set_geometry(vertices, None, numpy.array(triangles, numpy.int32))
    surface.edge_mask = numpy.array(masks, numpy.uint8)
    surface.display_style = surface.Mesh
    surface.use_lighting = False
    surface.casts_shadows = False
    surface.pickable = False
    surface.color = EDGE_COLOUR
    surface.SESSION_SAVE_DRAWING = True  # no file has its corners, so the session must save them
    return surface


def cell_faces(corners):
    """Triangles of a box's six faces, and for each which of its edges are drawn (bits 1, 2, 4 of
    the edges 0-1, 1-2, 2-0): those of the box, not the diagonals."""
    triangles, masks = [], []
    for axis in range(3):
        for side in (0, 1):
            a, b, c, d = (i for i, corner in enumerate(corners) if corner[axis] == side)
            for triangle in ((b, a, c), (b, d, c)):  # the diagonal is from c to b
                triangles.append(triangle)
                masks.append(1 + 2)
    return triangles, masks
