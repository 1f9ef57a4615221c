"""Show the maps and models of a scene as molecules of Coot, and save those that the user opened."""

import os

from .check_map import check_map
from .coot_functions import call, call_if_there, path_for_coot, show_status
from .state import STATE
from .text import TEXT, BundleError, one_line

TAG = "(patterson_gui)"  # at the end of the name of each molecule of this plugin


class SceneInCoot(object):
    """The molecules of the last scene: their numbers, names and items."""

    def __init__(self):
        self.molecules = {}  # (name, item) by number

    def show(self, scene):
        """Read and style a scene's files, then close those of the earlier scene.

        Returns {"shown": names, "refused": sentences}. Where nothing could be read, the earlier
        scene stays.
        """
        items = scene.get("items") or []
        names = [tagged(item["name"]) for item in items]
        earlier = dict(
            (number, molecule_name(number))
            for number in range(call("graphics_n_molecules"))
            if is_molecule(number) and molecule_name(number).endswith(TAG)
        )
        fresh, shown, refused = {}, [], []
        centring = call_if_there("recentre_on_read_pdb")
        call_if_there("set_recentre_on_read_pdb", 0)  # this plugin decides whether the view moves
        try:
            for item, name in zip(items, names):
                try:
                    number = read(item)
                except BundleError as error:
                    refused.append(str(error))
                    continue
                call("set_molecule_name", number, name)
                fresh[number] = (name, item)
                style(number, item)
                shown.append(item["name"])
        finally:
            if centring is not None:
                call_if_there("set_recentre_on_read_pdb", centring)
        if not fresh:
            return {"shown": [], "refused": refused}
        if scene.get("cell"):
            # Coot draws the cell of a displayed molecule; in 0.9 only of a model.
            order = [
                (not item.get("shown", True), item["kind"] == "map", number)
                for number, (_, item) in fresh.items()
            ]
            call_if_there("set_show_unit_cell", min(order)[2], 1)
        for number in earlier:
            call("close_molecule", number)
        same_structure = any(name in names for name in earlier.values())
        if not same_structure and scene.get("centre"):
            call("set_rotation_centre", *[float(x) for x in scene["centre"]])
        self.molecules = fresh
        show_status("showing " + ", ".join(shown))
        return {"shown": shown, "refused": refused}

    def restyle(self, items):
        """Restyle the molecules with the keys of `items`.

        Returns {"gone": names of molecules that were closed}.
        """
        numbers = dict((item["key"], number) for number, (_, item) in self.molecules.items())
        gone = []
        for item in items:
            number = numbers.get(item["key"])
            if number is None:
                continue  # it was not sent
            name, old = self.molecules[number]
            if not self._has(number):
                gone.append(old["name"])
                continue
            changed = dict(old)
            for part in ("level", "colour", "style", "shown"):
                if part in item:
                    changed[part] = item[part]
            if changed != old:
                style(number, changed)
                self.molecules[number] = (name, changed)
        return {"gone": gone}

    def close(self):
        """Close the scene's molecules; returns how many were still open."""
        still_open = [number for number in sorted(self.molecules) if self._has(number)]
        for number in still_open:
            call("close_molecule", number)
        self.molecules = {}
        return len(still_open)

    def reset(self):
        """Set levels and colours back to what was sent."""
        for number, (_, item) in self.molecules.items():
            if self._has(number):
                style(number, item)

    def _has(self, number):
        """Whether a molecule of the scene is still open: Coot may use its number for another."""
        name = self.molecules.get(number, ("", None))[0]
        return bool(name) and is_molecule(number) and molecule_name(number) == name


def scene_in_coot():
    """The one `SceneInCoot`, however often this text runs."""
    if not hasattr(STATE, "scene"):
        STATE.scene = SceneInCoot()
    return STATE.scene


def tagged(name):
    """The name that a molecule gets in Coot."""
    return "%s %s" % (one_line(name) or "map", TAG)


def is_molecule(number):
    return bool(call("is_valid_model_molecule", number) or call("is_valid_map_molecule", number))


def molecule_name(number):
    name = call("molecule_name", number)
    if isinstance(name, bytes):
        return name.decode("utf-8", "replace")
    return name if isinstance(name, TEXT) else ""


def read(item):
    """Have Coot read a file; returns the molecule's number. A map is checked first, because a
    damaged one crashes Coot."""
    path = item["path"]
    short = one_line(os.path.basename(path))
    if not os.path.isfile(path):
        if os.environ.get("FLATPAK_ID"):
            raise BundleError("Coot's sandbox cannot see %s: move it to your home folder." % short)
        raise BundleError("%s no longer exists: send it again." % short)
    if item["kind"] == "map":
        check_map(path)
        number = call("read_ccp4_map", path_for_coot(path), 1 if item.get("below") else 0)
        is_read = number is not None and number >= 0 and call("is_valid_map_molecule", number)
        if is_read and item.get("below"):
            # Coot takes P1 with 90 90 90 for cryo-EM and does not read it as a difference map.
            call_if_there("set_map_is_difference_map", number, 1)
    else:
        number = call("read_pdb", path_for_coot(path))
        is_read = number is not None and number >= 0 and call("is_valid_model_molecule", number)
    if not is_read:
        raise BundleError("Coot could not read %s: look at its console." % short)
    return number


def style(number, item):
    """Set the level, colour, style and visibility of one molecule."""
    on = 1 if item.get("shown", True) else 0
    if item["kind"] != "map":
        call("set_mol_displayed", number, on)
        return
    colour = item["colour"]
    call("set_map_colour", number, *[int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)])
    if item.get("level") is not None:
        call("set_contour_level_absolute", number, float(item["level"]))
    solid = 1 if item.get("style") == "surface" else 0
    call_if_there("set_draw_solid_density_surface", number, solid)
    call("set_map_displayed", number, on)


def save_open(folder):
    """Write the model and the map that are open, those of patterson_gui left out: of several the
    one that is shown and was opened last.

    Returns {"model": {"path", "name"} or None, "map": the same, "left": names, "refused":
    sentences without a full stop}."""
    found = {"model": [], "map": []}
    for number in range(call("graphics_n_molecules")):
        if not is_molecule(number) or molecule_name(number).endswith(TAG):
            continue
        if call("is_valid_map_molecule", number):
            found["map"].append((bool(call("map_is_displayed", number)), number))
        else:
            found["model"].append((bool(call("mol_is_displayed", number)), number))
    answer = {"model": None, "map": None, "left": [], "refused": []}
    writers = (("model", ".pdb", "write_pdb_file"), ("map", ".map", "export_map"))
    for kind, ending, writer in writers:
        found[kind].sort()
        for place, (_, number) in enumerate(found[kind], 1):
            name = one_line(os.path.basename(molecule_name(number)), 100) or "molecule %d" % number
            if place < len(found[kind]):
                answer["left"].append(name)
                continue
            path = os.path.join(folder, "from-coot" + ending)
            if os.path.exists(path):
                os.remove(path)
            call(writer, number, path_for_coot(path))
            if os.path.isfile(path) and os.path.getsize(path):
                answer[kind] = {"path": path, "name": name}
            else:
                answer["refused"].append("Coot could not write %s into %s" % (name, folder))
    return answer
