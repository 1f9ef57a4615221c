"""Show a scene in PyMOL, and save what is open there, with positional calls of PyMOL's API.

This module runs inside PyMOL, where `cmd` is `pymol.cmd`, and in patterson_gui, where `cmd` is a
proxy of PyMOL's XML-RPC server. So it does not import PyMOL and passes no keyword arguments. The
name of each of our objects begins with `PREFIX`, and all are in the group `GROUP`. PyMOL 2.3 has
Python 3.7.
"""

import math
import os
import re

GROUP = "patterson_gui"
PREFIX = GROUP + "."
CELL_NAME = PREFIX + "unit_cell"
SCRATCH = PREFIX + "_new_"  # no name of an item begins like that
LONGEST = 100  # characters of an item's name; PyMOL cuts names off at 255
TRANSPARENCY = 0.4  # of a surface, so that atoms are visible through it
_BEGIN, _END, _VERTEX, _COLOR, _LINES, _LINEWIDTH = 2.0, 3.0, 4.0, 6.0, 1.0, 10.0  # of CGOs
_EDGE = (0.60, 0.62, 0.65)


class RefusedError(Exception):
    """PyMOL did not carry out a request; says why as 'could not load x'."""


def object_name(item):
    """The item's name in PyMOL: only letters, digits and _."""
    for words in (item["name"], item["key"], item["kind"]):
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", words)[:LONGEST].strip("_")
        if plain:
            return PREFIX + plain
    return PREFIX + "item"


def show_scene(cmd, scene, earlier=()):
    """Load and style a scene, in place of what patterson_gui showed before.

    Parameters
    ----------
    cmd : PyMOL's API.
    scene : dict as patterson_gui writes it, with complete files.
    earlier : names of the objects shown before, which the user may have renamed.

    Returns
    -------
    dict: "shown" (names of items), "refused" (why others were not), "objects" (names by key, in
    the order map or model, contour, contour below; the cell's outline by its own name). Where
    nothing could be loaded, what was there before stays.
    """
    # Each step would draw everything again, which takes half of the time.
    cmd.set("suspend_updates", 1)
    try:
        return _show(cmd, scene, earlier)
    finally:
        cmd.set("suspend_updates", 0)


def _show(cmd, scene, earlier):
    items = scene.get("items") or []
    view = list(cmd.get_view())
    there = cmd.get_names("objects")
    for name in there:
        if name.startswith(SCRATCH):  # left by an interrupted call; loading would add to it
            cmd.delete(name)
    loaded, refused = [], []
    for number, (item, called) in enumerate(zip(items, names_of(items))):
        scratch = SCRATCH + str(number)
        try:
            load(cmd, item, scratch)
        except RefusedError as error:
            refused.append(str(error))
            continue
        loaded.append((item, scratch, called))
    if not loaded:
        return {"shown": [], "refused": refused, "objects": {}}
    # PyMOL ignores case in names.
    fresh = [name for _, _, called in loaded for name in called]
    replaced = {name.lower() for name in earlier}
    gone = [name for name in there if name.lower() in replaced or is_ours(name)]
    wanted = {name.lower() for name in fresh}
    same_structure = any(name.lower() in wanted for name in gone)
    for name in gone:
        cmd.delete(name)
    for item, scratch, called in loaded:
        cmd.set_name(scratch, called[0])
        style(cmd, item, called)
    names = {item["key"]: called for item, _, called in loaded}
    if scene.get("cell"):
        cmd.load_cgo(outline(scene["cell"]), CELL_NAME, 0, 1, 0, 1, 0)
        names[CELL_NAME] = [CELL_NAME]
        fresh.append(CELL_NAME)
    gather(cmd, fresh, anew=not same_structure)
    if same_structure:
        cmd.set_view(view)  # a new object turns the camera, which must stay as the user turned it
    else:
        turn_to(cmd, scene, [called for item, _, called in loaded if item.get("shown", True)])
    shown = [item["name"] for item, _, _ in loaded]
    return {"shown": shown, "refused": refused, "objects": names}


def is_ours(name):
    """Whether patterson_gui made an object, by its name."""
    return name.lower().startswith(PREFIX) and not name.startswith(SCRATCH)


def names_of(items):
    """The object names of each item: its own, and those of a map's contours. All differ, even if
    items have the same name, as a model and a map often do."""
    taken = {CELL_NAME}
    names = []
    for item in items:
        stem, number = object_name(item), 1
        wanted = _objects(item, stem)
        while any(name.lower() in taken for name in wanted):
            number += 1
            wanted = _objects(item, f"{stem}_{number}")
        taken.update(name.lower() for name in wanted)
        names.append(wanted)
    return names


def _objects(item, name):
    if item["kind"] != "map":
        return [name]
    contours = [name] if item.get("below") is None else [name, name + "_below"]
    return [name + "_map", *contours]


def gather(cmd, names, anew):
    """Put objects into our group, so that one click hides them all.

    anew : whether nothing of ours was shown before; then the group is switched on.
    """
    if GROUP in cmd.get_names("objects") and cmd.get_type(GROUP) != "object:group":
        return  # an object of the user has that name
    cmd.group(GROUP, " ".join(names))
    if anew:
        cmd.enable(GROUP)


def load(cmd, item, name):
    """Load one file; maps without scaling to a standard deviation of 1."""
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
    """Whether the connection failed, in contrast to a refusal."""
    return isinstance(error, (OSError, EOFError))


def one_line(error):
    return " ".join(str(error).split())[:200] or type(error).__name__


def style(cmd, item, names):
    """Draw the contours, colours and style of one item again."""
    if item["kind"] != "map":
        cmd.hide("everything", names[0])
        cmd.show("sticks", names[0])
        cmd.show("nb_spheres", names[0])  # atoms without a bond, which sticks do not show
        cmd.color("atomic", f"{names[0]} and not elem C")
        paint(cmd, item, names)
    else:
        contour(cmd, item, names)
    switch(cmd, item, names)


def contour(cmd, item, names):
    """Draw a map's contours. Of the map object itself PyMOL draws the box of the file, which is
    hidden: it is not the cell."""
    cmd.hide("extent", names[0])
    level = 0.0 if item["level"] is None else float(item["level"])
    draw = cmd.isosurface if item.get("style") == "surface" else cmd.isomesh
    for name, at in zip(names[1:], (level, -level)):
        cmd.delete(name)
        draw(name, names[0], at)
        if item.get("style") == "surface":
            cmd.set("transparency", TRANSPARENCY, name)
    paint(cmd, item, names)


def paint(cmd, item, names):
    """Apply the item's colours; for a model only to its carbon atoms."""
    if item["kind"] != "map":
        cmd.color(hex_colour(item["colour"]), f"{names[0]} and elem C")
        return
    for name, colour in zip(names[1:], (item["colour"], item.get("below"))):
        cmd.color(hex_colour(colour), name)


def switch(cmd, item, names):
    """Show or hide an item."""
    on = item.get("shown", True)
    for name in names:
        (cmd.enable if on else cmd.disable)(name)


def restyle(cmd, old, item, names):
    """Change what differs between `old`, as it is shown, and `item`."""
    if item["kind"] == "map":
        if item.get("style") != old.get("style"):
            view = list(cmd.get_view())
            contour(cmd, item, names)
            gather(cmd, names, anew=False)
            cmd.set_view(view)
        elif item["level"] != old["level"]:
            for name, sign in zip(names[1:], (1.0, -1.0)):
                cmd.isolevel(name, sign * float(item["level"]))
    if (item["colour"], item.get("below")) != (old["colour"], old.get("below")):
        paint(cmd, item, names)
    switch(cmd, item, names)


def hex_colour(colour):
    """'#rrggbb' in PyMOL's notation."""
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
    """Turn the camera to what is shown, and rotate about the scene's centre."""
    seen = [CELL_NAME] if scene.get("cell") else [names[0] for names in groups[:1]]
    for name in seen:
        cmd.zoom(name, 2.0)
    if scene.get("centre"):
        cmd.origin("", None, [float(x) for x in scene["centre"]])


def save_open(cmd, folder):
    """Write the model and the map that are open; of several the last one that is shown.

    What patterson_gui sent is left out.

    Returns {"model": {"path", "name"} or None, "map": the same with "spacegroup", which PyMOL does
    not write, "left": names of the others, "refused": what could not be written}.
    """
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
            if key == "map":
                symmetry = list(cmd.get_symmetry(ordered[-1]) or [])
                answer[key]["spacegroup"] = str(symmetry[6]) if len(symmetry) > 6 else ""
        else:
            answer["refused"].append(f"{ordered[-1]} could not be written")
    return answer
