"""A scene shown in PyMOL, by plain calls of its API with positional arguments.

The same text serves inside PyMOL, where `cmd` is `pymol.cmd`, and outside, where it is a proxy
that talks to PyMOL's XML-RPC server; so nothing here imports PyMOL, and nothing is called by
keyword. Every object of ours has a name that begins with `PREFIX`, which PyMOL lists as a group.
"""

import math
import os
import re

GROUP = "patterson_gui"
PREFIX = GROUP + "."
CELL_NAME = PREFIX + "unit_cell"
GLASS = 0.4  # of a surface, so that atoms are seen through it
_BEGIN, _END, _VERTEX, _COLOR, _LINES, _LINEWIDTH = 2.0, 3.0, 4.0, 6.0, 1.0, 10.0  # of CGOs
_EDGE = (0.60, 0.62, 0.65)


class RefusedError(Exception):
    """PyMOL did not do what it was asked; one sentence."""


def object_name(item):
    """What PyMOL calls an item: letters, digits and _ alone."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", item["name"]).strip("_")
    return PREFIX + (plain or item["key"])


def show_scene(cmd, scene, ours=()):
    """Load and style a scene, in place of what was there before.

    Parameters
    ----------
    cmd : PyMOL's API.
    scene : dict as `patterson_gui` writes them; its files are whole and can be read.
    ours : names that were shown before; what bears the names of this scene is ours as well.

    Returns
    -------
    dict: "shown" (names of items), "refused" (sentences), "objects" (names by key, in the order
    map or model, contour, contour below). Where nothing could be loaded, what was there before
    stays.
    """
    items = scene.get("items") or []
    view = list(cmd.get_view())
    there = set(cmd.get_names("objects"))
    before = [name for name in there if name in set(ours)]
    loaded, refused = [], []
    for number, item in enumerate(items):
        scratch = f"{PREFIX}new_{number}"
        try:
            load(cmd, item, scratch)
        except RefusedError as error:
            refused.append(str(error))
            continue
        loaded.append((item, scratch))
    if not loaded:
        return {"shown": [], "refused": refused, "objects": {}}
    names = {}
    for item, _ in loaded:
        names[item["key"]] = names_of(item)
    wanted = [name for group in names.values() for name in group] + [CELL_NAME]
    earlier = sorted(set(before) | (there & set(wanted)))
    for name in earlier:
        cmd.delete(name)
    for item, scratch in loaded:
        cmd.set_name(scratch, names[item["key"]][0])
        style(cmd, item, names[item["key"]])
    if scene.get("cell"):
        cmd.load_cgo(outline(scene["cell"]), CELL_NAME, 0, 1, 0, 1, 0)
        names["cell"] = [CELL_NAME]
    if earlier:
        cmd.set_view(view)  # each new object turns the camera, which stays where it was turned to
    else:
        turn_to(cmd, scene, [names[item["key"]] for item, _ in loaded if item.get("shown", True)])
    return {"shown": [item["name"] for item, _ in loaded], "refused": refused, "objects": names}


def names_of(item):
    """The objects that an item becomes: itself, and of a map its contours."""
    name = object_name(item)
    if item["kind"] != "map":
        return [name]
    contours = [name] if item.get("below") is None else [name, name + "_below"]
    return [name + "_map", *contours]


def load(cmd, item, name):
    """Load one file; maps as they are, not brought to a standard deviation of one."""
    path = item["path"]
    normalised = cmd.get("normalize_ccp4_maps")
    cmd.set("normalize_ccp4_maps", 0)
    try:
        cmd.load(path, name, 0, "", 1, -1, 1, None, 0)
    except Exception as error:
        if is_connection_trouble(error):
            raise
        raise RefusedError(
            f"could not load {os.path.basename(path)} ({one_line(error)})"
        ) from error
    finally:
        cmd.set("normalize_ccp4_maps", normalised)
    if name not in cmd.get_names("objects"):
        raise RefusedError(f"could not load {os.path.basename(path)} (see its console)")


def is_connection_trouble(error):
    """Whether the program could not be talked to, which is not its saying no."""
    return isinstance(error, (OSError, EOFError))


def one_line(error):
    return " ".join(str(error).split())[:200] or type(error).__name__


def style(cmd, item, names):
    """The contours, colours and style of one item, made anew."""
    if item["kind"] != "map":
        cmd.hide("everything", names[0])
        cmd.show("sticks", names[0])
        cmd.color(hex_colour(item["colour"]), f"{names[0]} and elem C")
        cmd.color("atomic", f"{names[0]} and not elem C")
    else:
        contour(cmd, item, names)
    switch(cmd, item, names)


def contour(cmd, item, names):
    """Draw a map's contours; the map object itself is drawn as nothing."""
    level = 0.0 if item["level"] is None else float(item["level"])
    draw = cmd.isosurface if item.get("style") == "surface" else cmd.isomesh
    for name, at, colour in zip(
        names[1:], (level, -level), (item["colour"], item.get("below")), strict=False
    ):
        cmd.delete(name)
        draw(name, names[0], at)
        cmd.color(hex_colour(colour), name)
        if item.get("style") == "surface":
            cmd.set("transparency", GLASS, name)


def switch(cmd, item, names):
    """Show an item or not."""
    on = item.get("shown", True)
    for name in names:
        (cmd.enable if on else cmd.disable)(name)


def restyle(cmd, old, item, names):
    """Bring what is shown from the look of `old` to that of `item`."""
    if item["kind"] == "map":
        if item.get("style") != old.get("style"):
            view = list(cmd.get_view())
            contour(cmd, item, names)
            cmd.set_view(view)
        else:
            if item["level"] != old["level"]:
                for name, sign in zip(names[1:], (1.0, -1.0)):
                    cmd.isolevel(name, sign * float(item["level"]))
            if item["colour"] != old["colour"]:
                cmd.color(hex_colour(item["colour"]), names[1])
    switch(cmd, item, names)


def hex_colour(colour):
    """'#rrggbb' as PyMOL takes it."""
    return "0x" + colour[1:]


def outline(cell):
    """A unit cell's edges as a CGO (a b c in Angstrom, alpha beta gamma in degrees)."""
    axes = [orthogonalised(cell, axis) for axis in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    parts = [_LINEWIDTH, 1.5, _BEGIN, _LINES, _COLOR, *list(_EDGE)]
    for along in range(3):
        others = [axes[i] for i in range(3) if i != along]
        for first in (0, 1):
            for second in (0, 1):
                start = [first * a + second * b for a, b in zip(*others)]
                end = [x + y for x, y in zip(start, axes[along])]
                parts += [_VERTEX, *start, _VERTEX, *end]
    return [float(x) for x in [*parts, _END]]


def orthogonalised(cell, frac):
    """Angstrom, PDB convention: a along x, b in the plane of x and y."""
    a, b, c = cell[:3]
    alpha, beta, gamma = (math.radians(x) for x in cell[3:])
    y = (math.cos(alpha) - math.cos(beta) * math.cos(gamma)) / math.sin(gamma)
    z = math.sqrt(max(0.0, 1.0 - math.cos(beta) ** 2 - y * y))
    u, v, w = frac
    return [
        a * u + b * math.cos(gamma) * v + c * math.cos(beta) * w,
        b * math.sin(gamma) * v + c * y * w,
        c * z * w,
    ]


def turn_to(cmd, scene, groups):
    """Have the camera see what is shown, and turn about the scene's centre."""
    seen = [CELL_NAME] if scene.get("cell") else [names[0] for names in groups[:1]]
    for name in seen:
        cmd.zoom(name, 2.0)
    if scene.get("centre"):
        cmd.origin("", None, [float(x) for x in scene["centre"]])


def save_open(cmd, folder):
    """Write the model and the map that are open, ours left out: of several the last that is
    shown. Returns {"model": {"path", "name"} or None, "map": .., "left": names, "refused": ..}."""
    shown = set(cmd.get_names("objects", 1))
    found = {"object:molecule": [], "object:map": []}
    for place, name in enumerate(cmd.get_names("objects")):
        kind = cmd.get_type(name)
        if not name.startswith(PREFIX) and kind in found:
            found[kind].append((name in shown, place, name))
    answer = {"model": None, "map": None, "left": [], "refused": []}
    for key, kind, ending in (("model", "object:molecule", ".cif"), ("map", "object:map", ".ccp4")):
        ordered = [name for _, _, name in sorted(found[kind])]
        answer["left"] += ordered[:-1]
        if not ordered:
            continue
        path = os.path.join(folder, "from-pymol" + ending)
        if os.path.exists(path):
            os.remove(path)
        try:
            cmd.save(path, ordered[-1])
        except Exception as error:
            if is_connection_trouble(error):
                raise
            answer["refused"].append(f"{ordered[-1]} could not be written ({one_line(error)})")
            continue
        if os.path.isfile(path) and os.path.getsize(path):
            answer[key] = {"path": path, "name": ordered[-1]}
        else:
            answer["refused"].append(f"{ordered[-1]} could not be written")
    return answer
