"""Read a prediction bundle (.pgz) of patterson_gui inside another program.

Only the standard library, for Python 2.7 and 3: ChimeraX, Coot 0.9 to 1.3 and PyMOL run this text
and the modules beside it unchanged. A bundle is not trusted: nothing in it is executed, and no name
in it is used as a path.
"""

import io
import os
import re

from .archive import Archive
from .cell import cell_in, middle_of
from .check_map import check_map
from .json_values import items_in, number
from .text import TEXT, BundleError, one_line, path_text, reason

LONGEST_NAME = 40  # letters; ChimeraX makes its window as wide as the longest name

# The same colours in every program.
MAP_COLOURS = {
    "patterson": "#b055f2",
    "predicted": "#2381c8",
    "true": "#8e949c",
    "density": "#0aa37a",
}
MAP_KINDS = ("patterson", "predicted", "true", "density")
MODEL_COLOUR = "#888888"
ATOMS_COLOUR = "#c67fb0"
LEVEL = 2.5  # rmsd, if a bundle gives none
FRAGMENT_PATTERSON_LEVEL = 1.4

_MODEL_ENDINGS = {".pdb": ".pdb", ".ent": ".pdb", ".cif": ".cif", ".mmcif": ".cif"}


def unpack(path, folder):
    """Write a bundle's maps and models into `folder` and return them as a scene.

    Parameters
    ----------
    path : of the bundle.
    folder : an existing one; the file names in it are chosen here.

    Returns
    -------
    dict of plain values: name, cell (a b c in Angstrom, alpha beta gamma in degrees, or None),
    centre (Angstrom, the middle of the model or of the cell, or None), spacegroup, provenance,
    verdict, notes, and items: key, path, name, kind ('map' or 'model'), level (absolute, in the
    map's units), rmsd (in the same units), colour ('#rrggbb'), below (None), style ('mesh' or
    'surface'), shown. A model has neither level nor rmsd. Text is on one line each.

    Raises
    ------
    BundleError
    """
    archive = Archive(path)
    try:
        manifest = archive.manifest()
        return _Scene(archive, manifest, folder).unpack()
    finally:
        archive.close()


class _Scene(object):
    """Writes the files that a manifest names, and describes them."""

    def __init__(self, archive, manifest, folder):
        self._archive, self._manifest, self._folder = archive, manifest, folder
        self._name = one_line(manifest.get("name"), LONGEST_NAME) or "prediction"
        self._notes = [one_line(note) for note in items_in(manifest.get("notes"))]

    def unpack(self):
        """Write the files and return the scene, as the function `unpack` describes it."""
        manifest = self._manifest
        prediction = manifest.get("prediction")
        prediction = prediction if isinstance(prediction, dict) else {}
        aligned = manifest.get("aligned")
        aligned = aligned if isinstance(aligned, dict) else None
        parts = {}  # of two maps of one kind the later, as in patterson_gui
        for part in items_in(manifest.get("maps")):
            if isinstance(part, dict) and isinstance(part.get("kind"), (str, TEXT)):
                parts[part["kind"]] = part
        items = [self._map(parts[kind], aligned) for kind in MAP_KINDS if kind in parts]
        if any(item["key"] != "patterson" for item in items):
            for item in items:
                if item["key"] == "patterson":
                    item["shown"] = False  # it is in vector space, not in the crystal
        model = self._model("model", manifest.get("model"), MODEL_COLOUR, "model")
        built = aligned.get("model") if aligned else prediction.get("model")
        label = "built atoms" + (" (aligned to the truth)" if aligned else "")
        atoms = self._model("atoms", built, ATOMS_COLOUR, label)
        items += [item for item in (model, atoms) if item]
        keys = [item["key"] for item in items]
        if "predicted" in keys and not aligned and ("true" in keys or "model" in keys):
            self._notes.append(
                "The prediction is in its own frame: origin and hand are not aligned to the true "
                "model."
            )
        if not items:
            raise BundleError(
                "%s holds neither maps nor models: get the bundle again." % self._archive.name
            )
        cell = cell_in(manifest.get("cell"))
        centre = _centre_of(model["path"]) if model else None
        return {
            "name": self._name,
            "cell": cell,
            "centre": centre or middle_of(cell),
            "spacegroup": one_line(manifest.get("spacegroup")),
            "provenance": one_line(manifest.get("provenance")),
            "verdict": one_line(prediction.get("verdict")),
            "notes": [note for note in self._notes if note],
            "items": items,
        }

    def _map(self, part, aligned):
        kind, name, label = part["kind"], part.get("file"), part["kind"]
        if kind == "predicted" and aligned:
            name, label = aligned.get("map"), label + " (aligned to the truth)"
        path = self._write(name, label.split()[0], ".ccp4")
        try:
            rms = check_map(path)
        except BundleError as error:
            os.remove(path)
            raise BundleError(
                "%s in %s: %s" % (one_line(name, 100), self._archive.name, one_line(str(error)))
            )
        rmsd = number(part.get("rmsd")) or rms
        return {
            "key": kind,
            "path": path,
            "name": "%s %s" % (self._name, label),
            "kind": "map",
            "level": self._level(part, rmsd),
            "rmsd": rmsd,
            "colour": MAP_COLOURS[kind],
            "below": None,
            "style": "surface" if part.get("style") == "surface" else "mesh",
            "shown": True,
        }

    def _level(self, part, rmsd):
        """The absolute level that the map was shown at, else the default of its kind."""
        level = number(part.get("level"))
        if level is not None:
            return level
        levels = self._manifest.get("levels")
        multiple = number(levels.get(part["kind"])) if isinstance(levels, dict) else None
        if multiple is None:
            fragment = part["kind"] == "patterson" and self._manifest.get("is_fragment")
            multiple = FRAGMENT_PATTERSON_LEVEL if fragment else LEVEL
        return multiple * rmsd

    def _model(self, key, name, colour, label):
        if name is None:
            return None
        safe_name = one_line(name, 100)
        ending = _MODEL_ENDINGS.get(os.path.splitext(safe_name.lower())[1])
        if ending is None:
            raise BundleError(
                "%s names %s as a model, which is neither PDB nor mmCIF: get the bundle again."
                % (self._archive.name, safe_name or "something else")
            )
        path = self._write(name, label.split()[0], ending)
        with io.open(path, "rb") as file:
            text = file.read()
        marks = (b"data_", b"_atom_site") if ending == ".cif" else (b"ATOM", b"HETATM")
        if b"\x00" in text or not any(mark in text for mark in marks):
            os.remove(path)
            raise BundleError(
                "%s in %s is not a model: get the bundle again." % (safe_name, self._archive.name)
            )
        return {
            "key": key,
            "path": path,
            "name": "%s %s" % (self._name, label),
            "kind": "model",
            "level": None,
            "rmsd": None,
            "colour": colour,
            "below": None,
            "style": "mesh",
            "shown": True,
        }

    def _write(self, member, word, ending):
        """Write a member to a file and return its path. The name of the file is made here."""
        if not isinstance(member, (str, TEXT)):
            raise BundleError(
                "%s has a damaged manifest.json: get the bundle again." % self._archive.name
            )
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", self._name).strip("-.")[:60] or "prediction"
        # Only ASCII, so that Python 2 can join it to a folder with any letters.
        name = str(stem + "-" + word + ending)
        path = os.path.join(os.path.abspath(path_text(self._folder)), name)
        parts = self._archive.parts(member)
        try:
            with io.open(path, "wb") as file:
                for part in parts:
                    file.write(part)
        except (IOError, OSError) as error:
            _delete(path)
            raise BundleError(
                "%s could not be unpacked into %s (%s): free some space there, or set another "
                "folder for temporary files."
                % (self._archive.name, one_line(os.path.dirname(path)), reason(error))
            )
        except BundleError:
            _delete(path)
            raise
        return path


def _delete(path):
    if os.path.exists(path):
        os.remove(path)


def positions_of(path):
    """The positions in a PDB file, Angstrom; none for other files."""
    places = []
    if path.endswith(".pdb"):
        with io.open(path, "r", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith(("ATOM", "HETATM")):
                    try:
                        places.append([float(line[at : at + 8]) for at in (30, 38, 46)])
                    except ValueError:
                        continue
    return places


def _centre_of(path):
    """The middle of a PDB file's atoms; None for other files."""
    places = positions_of(path)
    if not places:
        return None
    return [(min(xs) + max(xs)) / 2.0 for xs in zip(*places)]
