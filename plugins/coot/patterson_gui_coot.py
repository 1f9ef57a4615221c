"""patterson_gui in Coot: a menu "Patterson", and scenes sent from the window of patterson_gui.

One file for Coot 0.9 (Python 2.7, GTK 2) to 1.3 (Python 3, GTK 4). Install it with
`patterson-gui plugins install coot`, or copy it to where Coot looks for start-up scripts. It is
part of patterson_gui; licence GPL-3.0-or-later.

Only this computer is listened to, only who knows a random token is answered, and no code that is
received is ever run.
"""

# Coot runs start-up scripts among its own names and those of all other scripts. What is found here
# is put back at the end of this text, which runs once more among names of its own.
_patterson_gui_before = dict(globals()) if __name__ == "__main__" else {}

# Filled in by the installer: the path of patterson-gui, and the folder where a running Coot says
# at which port it listens.
PROGRAM = ""
LISTENERS = ""

import atexit
import binascii
import errno
import socket
import tempfile
import time
import types

# --- pgz.py begins (copied from plugins/common/pgz.py by plugins/common/spread.py: change it there)
"""Read a prediction bundle (.pgz) of patterson_gui inside another program.

The standard library alone, Python 2.7 and 3: ChimeraX, Coot 0.9 to 1.3 and PyMOL run this text
unchanged. A bundle comes from strangers: nothing in it is executed, no name in it is used as a
path, and every map is checked before a program reads it, because a damaged one ends some of them.
"""

import array
import atexit
import io
import json
import math
import numbers
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib

FORMAT = "patterson_gui bundle"
SCHEMA = 1
MOST_ENTRIES = 200
LARGEST_ENTRY = 300 * 1024**2  # bytes unpacked
LARGEST_SUM = 1536 * 1024**2
LARGEST_MANIFEST = 8 * 1024**2
MAP_HEADER = 1024
LARGEST_AXIS = 100000
LARGEST_GRID = LARGEST_ENTRY // 4  # points of a whole cell; Coot takes 40 bytes and more for each
LARGEST_EDGE = 1e5  # Angstrom, of a cell
LARGEST_VALUE = 1e12
LONGEST_NAME = 100  # letters
LONGEST_TEXT = 4000
_CHUNK = 1 << 20

# Colours mean one thing in every program.
MAP_COLOURS = {
    "patterson": "#b055f2",
    "predicted": "#2381c8",
    "true": "#8e949c",
    "density": "#0aa37a",
}
MAP_KINDS = ("patterson", "predicted", "true", "density")
MODEL_COLOUR = "#888888"
ATOMS_COLOUR = "#cfae7b"
LEVEL = 2.5  # rmsd, where a bundle names none
FRAGMENT_PATTERSON_LEVEL = 1.4

_BROKEN = (
    zipfile.BadZipfile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MODEL_ENDINGS = {".pdb": ".pdb", ".ent": ".pdb", ".cif": ".cif", ".mmcif": ".cif"}
# What no line of text shows: controls, other ends of lines, and what turns the direction of text.
_UNSEEN = re.compile(
    b"[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ufffe\\uffff]+".decode(
        "unicode_escape"
    )
)
try:
    _TEXT = unicode  # Python 2
except NameError:
    _TEXT = str


class BundleError(Exception):
    """A bundle, or a map, that cannot be used; one sentence for the user."""

    def __str__(self):
        text = self.args[0] if self.args else ""
        if str is bytes and isinstance(text, _TEXT):
            return text.encode("utf-8")  # Python 2, whose own way knows ASCII alone
        return text

    def __unicode__(self):
        return str(self).decode("utf-8", "replace")


def unpack(path, folder):
    """Write a bundle's maps and models into `folder` and return them as a scene.

    Parameters
    ----------
    path : of the bundle.
    folder : an existing one; the names in it are chosen here.

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
    archive = _Archive(path)
    try:
        manifest = archive.manifest()
        return _Scene(archive, manifest, folder).made()
    finally:
        archive.close()


class _Archive(object):
    """The checked content list of a zip; members are read one by one, within limits."""

    def __init__(self, path):
        self.name = _plain(os.path.basename(folder_text(path)), 100)
        self._taken = 0  # bytes unpacked
        try:
            self._zip = zipfile.ZipFile(path)
        except (IOError, OSError) as error:
            raise BundleError(
                "%s could not be opened (%s): check its name and folder."
                % (self.name, _reason(error))
            )
        except _BROKEN as error:
            raise self._damaged(error)
        try:
            self._infos = self._checked()
        except BundleError:
            self._zip.close()
            raise

    def close(self):
        self._zip.close()

    def parts(self, name, largest=LARGEST_ENTRY):
        """A member's content, piece by piece; BundleError where it is missing, damaged or too
        large."""
        info = self._infos.get(name)
        if info is None:
            raise BundleError(
                "%s lacks %s, which its manifest names: get the bundle again."
                % (self.name, _plain(name, 100))
            )
        if info.file_size > largest:
            raise self._too_large(_plain(name, 100))
        try:
            total, member = 0, self._zip.open(info)
            try:
                while True:
                    part = member.read(_CHUNK)
                    if not part:
                        break
                    total += len(part)
                    self._taken += len(part)
                    # The sizes that are declared need not be the true ones, and a member may be
                    # asked for many times.
                    if total > largest or self._taken > LARGEST_SUM:
                        raise self._too_large(_plain(name, 100))
                    yield part
            finally:
                member.close()
        except (IOError, OSError) as error:
            raise self._damaged(error)
        except _BROKEN as error:
            raise self._damaged(error)

    def manifest(self):
        if "manifest.json" not in self._infos:
            raise BundleError(
                "%s is a zip archive without manifest.json, so no prediction bundle: unpack it "
                "and open the files in it." % self.name
            )
        content = b"".join(self.parts("manifest.json", LARGEST_MANIFEST))
        try:
            values = json.loads(content.decode("utf-8"))
        except (ValueError, RuntimeError) as error:
            raise BundleError(
                "%s has a damaged manifest.json (%s): get the bundle again."
                % (self.name, _reason(error))
            )
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise BundleError(
                "%s is a zip archive but no prediction bundle: unpack it and open the files in it."
                % self.name
            )
        version = values.get("schema_version")
        if isinstance(version, bool) or version != SCHEMA:
            raise BundleError(
                "%s is of a bundle version unknown here (%s; known: %d): get a newer plugin with "
                "'patterson-gui plugins install'." % (self.name, _reason(version)[:20], SCHEMA)
            )
        return values

    def _checked(self):
        infos = self._zip.infolist()
        if len(infos) > MOST_ENTRIES:
            raise BundleError(
                "%s holds %d files, more than any bundle: it is not opened."
                % (self.name, len(infos))
            )
        checked, total = {}, 0
        for info in infos:
            why = _suspicious(info)
            if why:
                raise BundleError(
                    "%s is not opened, because its entry '%s' %s, as no bundle's does: ask who "
                    "made it." % (self.name, _plain(info.orig_filename, 60), why)
                )
            if info.filename in checked:
                raise BundleError(
                    "%s holds %s twice: get the bundle again."
                    % (self.name, _plain(info.filename, 60))
                )
            checked[info.filename] = info
            total += info.file_size
        if total > LARGEST_SUM:
            raise self._too_large("the whole")
        return checked

    def _damaged(self, error):
        return BundleError(
            "%s is a damaged zip archive (%s): get the bundle again." % (self.name, _reason(error))
        )

    def _too_large(self, what):
        return BundleError(
            "%s unpacks to more than a bundle may hold (%s): it is not opened." % (self.name, what)
        )


def _suspicious(info):
    """Why an entry cannot belong to a bundle; None where it may."""
    name = info.orig_filename  # the other one is cut at a NUL and, on Windows, has no backslash
    parts = name.split("/")
    leaves = name.startswith("/") or "\\" in name or re.match(r"^[A-Za-z]:", name)
    if leaves or ".." in parts or "\x00" in name:
        return "points outside the archive"
    kind = (info.external_attr >> 28) & 0xF
    if kind not in (0, 0x8, 0x4):  # neither a file nor a folder
        return "is a link or a device"
    if info.flag_bits & 0x1:
        return "is encrypted"
    return None if info.compress_type in _PACKED else "is packed in another way"


class _Scene(object):
    """Turns a manifest into files and what is known of them."""

    def __init__(self, archive, manifest, folder):
        self._archive, self._manifest, self._folder = archive, manifest, folder
        self._name = _plain(manifest.get("name"), LONGEST_NAME) or "prediction"
        self._notes = [_plain(note) for note in _items(manifest.get("notes"))]

    def made(self):
        manifest = self._manifest
        prediction = manifest.get("prediction")
        prediction = prediction if isinstance(prediction, dict) else {}
        aligned = manifest.get("aligned")
        aligned = aligned if isinstance(aligned, dict) else None
        parts = {}  # of two of one kind the later, as patterson_gui reads it
        for part in _items(manifest.get("maps")):
            if isinstance(part, dict) and isinstance(part.get("kind"), (str, _TEXT)):
                parts[part["kind"]] = part
        items = [self._map(parts[kind], aligned) for kind in MAP_KINDS if kind in parts]
        if any(item["key"] != "patterson" for item in items):
            for item in items:
                if item["key"] == "patterson":
                    item["shown"] = False  # it lies in a space of its own
        model = self._model("model", manifest.get("model"), MODEL_COLOUR, "model")
        built = aligned.get("model") if aligned else prediction.get("model")
        words = "built atoms" + (" (aligned to the truth)" if aligned else "")
        atoms = self._model("atoms", built, ATOMS_COLOUR, words)
        items += [item for item in (model, atoms) if item]
        keys = [item["key"] for item in items]
        if "predicted" in keys and not aligned and ("true" in keys or "model" in keys):
            self._notes.append(
                "The prediction stands in its own frame: origin and hand are not aligned to the "
                "true model."
            )
        if not items:
            raise BundleError(
                "%s holds neither maps nor models: there is nothing to show." % self._archive.name
            )
        cell = _cell(manifest.get("cell"))
        centre = _centre_of(model["path"]) if model else None
        return {
            "name": self._name,
            "cell": cell,
            "centre": centre or _middle(cell),
            "spacegroup": _plain(manifest.get("spacegroup")),
            "provenance": _plain(manifest.get("provenance")),
            "verdict": _plain(prediction.get("verdict")),
            "notes": [note for note in self._notes if note],
            "items": items,
        }

    def _map(self, part, aligned):
        kind, name, words = part["kind"], part.get("file"), part["kind"]
        if kind == "predicted" and aligned:
            name, words = aligned.get("map"), words + " (aligned to the truth)"
        path = self._written(name, words.split()[0], ".ccp4")
        try:
            rms = check_map(path)
        except BundleError as error:
            os.remove(path)
            raise BundleError(
                "%s in %s: %s" % (_plain(name, 100), self._archive.name, _plain(str(error)))
            )
        rmsd = _number(part.get("rmsd")) or rms
        return {
            "key": kind,
            "path": path,
            "name": "%s %s" % (self._name, words),
            "kind": "map",
            "level": self._level(part, rmsd),
            "rmsd": rmsd,
            "colour": MAP_COLOURS[kind],
            "below": None,
            "style": "surface" if part.get("style") == "surface" else "mesh",
            "shown": True,
        }

    def _level(self, part, rmsd):
        """Absolute; as it was shown, else where a map of this kind is shown first."""
        level = _number(part.get("level"))
        if level is not None:
            return level
        levels = self._manifest.get("levels")
        told = _number(levels.get(part["kind"])) if isinstance(levels, dict) else None
        if told is None:
            fragment = part["kind"] == "patterson" and self._manifest.get("is_fragment")
            told = FRAGMENT_PATTERSON_LEVEL if fragment else LEVEL
        return told * rmsd

    def _model(self, key, name, colour, words):
        if name is None:
            return None
        said = _plain(name, 100)
        ending = _MODEL_ENDINGS.get(os.path.splitext(said.lower())[1])
        if ending is None:
            raise BundleError(
                "%s names %s as a model, which is neither PDB nor mmCIF: get the bundle again."
                % (self._archive.name, said or "something else")
            )
        path = self._written(name, words.split()[0], ending)
        with io.open(path, "rb") as file:
            text = file.read()
        marks = (b"data_", b"_atom_site") if ending == ".cif" else (b"ATOM", b"HETATM")
        if b"\x00" in text or not any(mark in text for mark in marks):
            os.remove(path)
            raise BundleError(
                "%s in %s is no model: get the bundle again." % (said, self._archive.name)
            )
        return {
            "key": key,
            "path": path,
            "name": "%s %s" % (self._name, words),
            "kind": "model",
            "level": None,
            "rmsd": None,
            "colour": colour,
            "below": None,
            "style": "mesh",
            "shown": True,
        }

    def _written(self, member, word, ending):
        """The member as a file of a name that is ours."""
        if not isinstance(member, (str, _TEXT)):
            raise BundleError(
                "%s has a damaged manifest.json: get the bundle again." % self._archive.name
            )
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", self._name).strip("-.")[:60] or "prediction"
        # A plain name, which can be joined to a folder of any letters in Python 2, too.
        name = str(stem + "-" + word + ending)
        path = os.path.join(os.path.abspath(folder_text(self._folder)), name)
        parts = self._archive.parts(member)
        try:
            with io.open(path, "wb") as file:
                for part in parts:
                    file.write(part)
        except (IOError, OSError) as error:
            _remove(path)
            raise BundleError(
                "%s could not be unpacked into %s (%s): make room there, or set another folder for "
                "temporary files."
                % (self._archive.name, _plain(os.path.dirname(path)), _reason(error))
            )
        except BundleError:
            _remove(path)
            raise
        return path


def _remove(path):
    if os.path.exists(path):
        os.remove(path)


def folder_text(folder):
    """A folder's path as text, whatever kind of path object it is. In Python 2 bytes stay bytes
    where they are no text of this system."""
    if isinstance(folder, _TEXT):
        return folder
    if not isinstance(folder, bytes):
        return str(folder)
    try:
        return folder.decode(sys.getfilesystemencoding() or "utf-8")
    except UnicodeError:
        return folder


def check_map(path):
    """Return the rms that a CCP4 map's header states, or raise BundleError for what no program
    should be given: a map of another form than ours (mode 2, little-endian), cut short, without a
    cell, or with values that are not numbers."""
    path = folder_text(path)
    name = _plain(os.path.basename(path), 100)
    try:
        size = os.path.getsize(path)
        with io.open(path, "rb") as file:
            return _checked_map(file, size, name)
    except (IOError, OSError) as error:
        raise BundleError(
            "%s could not be read (%s): check its name and folder." % (name, _reason(error))
        )


def _checked_map(file, size, name):
    head = file.read(MAP_HEADER)
    if len(head) < MAP_HEADER or head[208:212] != b"MAP ":
        raise BundleError("%s is no CCP4 map: get the file again." % name)
    words = struct.unpack("<56i", head[:224])
    reals = struct.unpack("<56f", head[:224])
    extent, sampling, axes, extra = words[0:3], words[7:10], words[16:19], words[23]
    if words[3] != 2:
        raise BundleError(
            "%s is no map of real numbers in the usual order of bytes (mode 2, little-endian): "
            "convert it." % name
        )
    sane = (
        all(0 < n <= LARGEST_AXIS for n in extent + sampling)
        and sorted(axes) == [1, 2, 3]
        and 0 <= extra <= 80 * 400
        and words[24] != 1  # a skewed frame
        # What other stamps say of the bytes, and more labels than there is room for, Coot's reader
        # believes, and ends.
        and head[212:214] in (b"\x44\x41", b"\x44\x44")
        and 0 <= words[55] <= 10
        and all(abs(n) <= 10 * LARGEST_AXIS for n in words[4:7])
    )
    # Room is made for the whole cell, however little of it the file holds.
    sane = sane and sampling[0] * sampling[1] * sampling[2] <= LARGEST_GRID
    sane = sane and _encloses(reals[10:16]) and all(_finite(x) for x in reals[19:22])
    sane = sane and _is_group(file.read(extra))
    if not sane or not _finite(reals[54]):
        raise BundleError("%s has a damaged map header: get the file again." % name)
    needed = MAP_HEADER + extra + 4 * extent[0] * extent[1] * extent[2]
    if size != needed:
        raise BundleError(
            "%s is of the wrong length (%d bytes, not %d): get the file again."
            % (name, size, needed)
        )
    file.seek(MAP_HEADER + extra)
    while True:
        part = file.read(_CHUNK)
        if not part:
            return reals[54]
        values = array.array("f")
        _take(values, part)
        if sys.byteorder == "big":
            values.byteswap()
        total = sum(values)  # no number where any of them is none
        if not _finite(total) or max(values) > LARGEST_VALUE or min(values) < -LARGEST_VALUE:
            raise BundleError("%s holds values that are not numbers: write the map again." % name)


def _is_group(block):
    """Whether a map's symmetry block, lines of 80 letters, holds operations of a crystal. Coot
    multiplies them until nothing new comes of it, which of others never ends."""
    if len(block) % 80:
        return False
    text = block.decode("latin-1").lower()
    turns = [_rotation(text[at : at + 80]) for at in range(0, len(text), 80)]
    if None in turns:
        return False
    turns = set(turns)
    return len(turns) <= 48 and all(_product(a, b) in turns for a in turns for b in turns)


def _rotation(triplet):
    """The nine whole numbers of '-y,x,z+1/2'; None for what is no operation."""
    matrix = []
    for row in triplet.replace(" ", "").rstrip("\x00").split(","):
        terms = re.findall(r"[+-]?(?:[xyz]|\d{1,2}/\d{1,2}|\d?\.\d{1,6}|\d)", row)
        if "".join(terms) != row or not all(term[0] in "+-" for term in terms[1:]):
            return None
        for axis in "xyz":
            signs = [-1 if term[0] == "-" else 1 for term in terms if term[-1] == axis]
            matrix.append(sum(signs))
    if len(matrix) != 9:
        return None
    a, b, c, d, e, f, g, h, i = matrix
    turned = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return tuple(matrix) if abs(turned) == 1 else None


def _product(a, b):
    return tuple(
        sum(a[3 * row + k] * b[3 * k + column] for k in range(3))
        for row in range(3)
        for column in range(3)
    )


def _take(values, part):
    if hasattr(values, "frombytes"):
        values.frombytes(part)
    else:
        values.fromstring(part)  # Python 2


def _finite(value):
    return not (math.isnan(value) or math.isinf(value))


def _number(value):
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        number = float(value)
    except OverflowError:  # JSON has whole numbers of any length
        return None
    return number if _finite(number) else None


def _plain(value, longest=LONGEST_TEXT):
    """Text on one line, as any program can show it; '' for anything else."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, _TEXT):
        return ""
    value = value.encode("utf-8", "replace").decode("utf-8", "replace")  # no half characters
    return " ".join(_UNSEEN.sub(" ", value).split())[:longest]


def _reason(error):
    """What an error says, on one line."""
    words = getattr(error, "strerror", None) or error
    try:
        return _plain(words if isinstance(words, (bytes, _TEXT)) else str(words), 200)
    except (UnicodeError, ValueError):  # a number too long to be written is one of these
        return type(error).__name__


def _items(value):
    return value if isinstance(value, list) else []


def _cell(value):
    six = [_number(x) for x in _items(value)]
    return six if len(six) == 6 and None not in six and _encloses(six) else None


def _encloses(cell):
    """Whether six numbers are a cell with a volume."""
    if not all(_finite(x) and x > 0 for x in cell):
        return False
    if max(cell[:3]) > LARGEST_EDGE or max(cell[3:]) >= 180:
        return False
    cos_a, cos_b, cos_g = [math.cos(math.radians(x)) for x in cell[3:]]
    square = 1.0 - cos_a**2 - cos_b**2 - cos_g**2 + 2.0 * cos_a * cos_b * cos_g
    return square > 1e-6  # of the volume over a b c


def orthogonalised(cell, frac):
    """Angstrom, PDB convention: a along x, b in the plane of x and y."""
    a, b, c = cell[:3]
    alpha, beta, gamma = [math.radians(x) for x in cell[3:]]
    cos_a, cos_b, cos_g, sin_g = math.cos(alpha), math.cos(beta), math.cos(gamma), math.sin(gamma)
    y = (cos_a - cos_b * cos_g) / sin_g
    z = math.sqrt(max(0.0, 1.0 - cos_b * cos_b - y * y))
    u, v, w = frac
    return [
        a * u + b * cos_g * v + c * cos_b * w,
        b * sin_g * v + c * y * w,
        c * z * w,
    ]


def _middle(cell):
    return None if cell is None else orthogonalised(cell, (0.5, 0.5, 0.5))


def _centre_of(path):
    """The middle of a PDB file's atoms; None for other files."""
    places = []
    if path.endswith(".pdb"):
        with io.open(path, "r", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith(("ATOM", "HETATM")):
                    try:
                        places.append([float(line[at : at + 8]) for at in (30, 38, 46)])
                    except ValueError:
                        continue
    if not places:
        return None
    return [(min(xs) + max(xs)) / 2.0 for xs in zip(*places)]


# ---------------------------------------------------------------- predicting from here
def find_patterson_gui(configured=""):
    """The command that starts patterson_gui, as a list, or None.

    `configured` comes first, then the environment variable PATTERSON_GUI, then the search path.
    """
    names = ["patterson-gui.exe", "patterson-gui"] if os.name == "nt" else ["patterson-gui"]
    places = [configured, os.environ.get("PATTERSON_GUI", "")]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        places += [os.path.join(folder, name) for name in names if folder]
    for place in places:
        if place and os.path.isfile(place) and os.access(place, os.X_OK):
            return [place]
    return None


def predict_command(command, source, folder, extra=()):
    """The words that predict from a file into a folder; prediction.pgz is then in it."""
    return list(command) + ["predict", source, "-o", folder] + list(extra)


NOT_FOUND = (
    "patterson-gui was not found: install it, or set the environment variable PATTERSON_GUI to "
    "its path."
)


_NO_WINDOW = 0x08000000  # Windows would open a console


class Prediction(object):
    """`patterson-gui predict` as a process; look at it now and then with `ended`.

    Its own output goes to files, because a pipe that nobody empties would hold it. It ends with
    the program that it was started in.
    """

    def __init__(self, command, source, folder, extra=()):
        self.bundle = os.path.join(folder, "prediction.pgz")
        self._said = os.path.join(folder, "patterson-gui.log")
        environment = dict(os.environ)
        for name in ("PYTHONHOME", "PYTHONPATH", "LD_PRELOAD"):
            environment.pop(name, None)  # this program's own would lead it to the wrong libraries
        environment["PYTHONIOENCODING"] = "utf-8"  # Windows has none for files by itself
        words = predict_command(command, source, folder, extra)
        self.cancelled = False
        self._output = io.open(self._said, "wb")
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                env=environment,
                creationflags=_NO_WINDOW if os.name == "nt" else 0,
            )
        except (OSError, ValueError) as error:
            self._output.close()
            raise BundleError(
                "%s could not be started (%s): set PATTERSON_GUI to the path of patterson-gui."
                % (_plain(words[0]), _reason(error))
            )
        self._process.stdin.close()
        atexit.register(self.cancel)

    def ended(self):
        """Whether it is over."""
        return self._process.poll() is not None

    def cancel(self):
        if not self.ended():
            self.cancelled = True
            self._process.terminate()

    def said(self):
        """The lines that it has printed so far."""
        with io.open(self._said, "r", encoding="utf-8", errors="replace") as file:
            return [line for line in [_plain(line) for line in file] if line]

    def result(self):
        """The path of the bundle, once it ended; BundleError says why there is none."""
        code = self._process.wait()
        self._output.close()
        if code == 0 and os.path.isfile(self.bundle):
            return self.bundle
        lines = self.said()
        last = [line for line in lines if line.startswith("patterson-gui:")] or lines[-1:]
        why = last[-1].replace("patterson-gui: ", "", 1) if last else "it gave no reason"
        if self.cancelled or (code < 0 and not lines):
            why = "it was stopped."
        raise BundleError("Nothing was predicted: %s" % why)
# --- pgz.py ends

TAG = "(patterson_gui)"  # in the name of every molecule of ours, so that it can be told from others
LARGEST_FRAME = 1 << 20  # bytes; a scene is a few thousand
POLL_MS = 200
SILENCE_S = 20.0  # of one client, before another may come

# What must outlive this text being run twice: by the start-up and by a script, say.
_STATE = sys.modules.setdefault("_patterson_gui_coot", types.ModuleType("_patterson_gui_coot"))


# ---------------------------------------------------------------- Coot's functions
def coot_function(name):
    """A function of Coot by its name, or None: in 1.x they are in the module `coot`, in 0.9 among
    the names of the main program."""
    for module_name in ("coot", "__main__"):
        try:
            module = sys.modules.get(module_name) or __import__(module_name)
        except ImportError:
            continue
        found = getattr(module, name, None)
        if found is not None:
            return found
    return None


def call(name, *arguments):
    """Call a function of Coot."""
    function = coot_function(name)
    if function is None:
        raise BundleError(
            "This Coot has no function '%s': it is older than 0.9 or newer than this plugin; get "
            "another of either." % name
        )
    return function(*[coot_text(one) for one in arguments])


def call_if_there(name, *arguments):
    """Call a function that some versions lack; None where it is missing."""
    return None if coot_function(name) is None else call(name, *arguments)


def coot_text(value):
    """Text as Coot's functions take it: bytes in Python 2, which refuse any other."""
    if str is bytes and isinstance(value, _TEXT):
        return value.encode("utf-8")
    return value


def coot_path(path):
    """A path as Coot's functions take it; Windows has letters of its own in Python 2."""
    if str is bytes and os.name == "nt" and isinstance(path, _TEXT):
        return path.encode("mbcs")
    return path


def say(text):
    """One line in Coot's console, whatever letters that has."""
    try:
        print(coot_text("patterson_gui: " + text))
    except (UnicodeError, IOError):
        print(repr(text))


def status(text):
    """One line at the bottom of Coot's window, and in its console."""
    say(text)
    call_if_there("add_status_bar_text", text)


# ---------------------------------------------------------------- scenes
class Shown(object):
    """What was shown of the last scene: molecule numbers with their names and items."""

    def __init__(self):
        self.ours = {}  # number: (name, item)

    def show(self, scene):
        """Read and style a scene's files, then close those of ours that were there before.

        Returns {"shown": names, "refused": sentences}. Where nothing could be read, what was
        there before stays.
        """
        items = scene.get("items") or []
        names = [tagged(item["name"]) for item in items]
        earlier = [
            number
            for number in range(call("graphics_n_molecules"))
            if self._is_ours(number) or (valid(number) and molecule_name(number) in names)
        ]
        fresh, shown, refused = {}, [], []
        centring = call_if_there("recentre_on_read_pdb")
        call_if_there("set_recentre_on_read_pdb", 0)  # the camera is ours to turn, or not
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
            # Drawn with one that is shown; in 0.9 a model alone has it drawn.
            order = [
                (not item.get("shown", True), item["kind"] == "map", number)
                for number, (_, item) in fresh.items()
            ]
            call_if_there("set_show_unit_cell", min(order)[2], 1)
        for number in earlier:
            call("close_molecule", number)
        if not earlier and scene.get("centre"):
            call("set_rotation_centre", *[float(x) for x in scene["centre"]])
        self.ours = fresh
        status("showing " + ", ".join(shown))
        return {"shown": shown, "refused": refused}

    def restyle(self, items):
        """Give molecules of ours the look of `items`, by their keys."""
        numbers = dict((item["key"], number) for number, (_, item) in self.ours.items())
        gone = []
        for item in items:
            number = numbers.get(item["key"])
            if number is None:
                continue  # it was not sent
            name, old = self.ours[number]
            if not self._is_ours(number):
                gone.append(old["name"])
                continue
            looks = dict(old)
            for part in ("level", "colour", "style", "shown"):
                if part in item:
                    looks[part] = item[part]
            if looks != old:
                style(number, looks)
                self.ours[number] = (name, looks)
        return {"gone": gone}

    def close(self):
        """Close what is ours and still there; how many that were."""
        there = [number for number in sorted(self.ours) if self._is_ours(number)]
        for number in there:
            call("close_molecule", number)
        self.ours = {}
        return len(there)

    def as_sent(self):
        """Levels and colours back to what was sent."""
        for number, (_, item) in self.ours.items():
            if self._is_ours(number):
                style(number, item)

    def _is_ours(self, number):
        name = self.ours.get(number, ("", None))[0]
        return bool(name) and valid(number) and molecule_name(number) == name


def tagged(name):
    return "%s %s" % (_plain(name) or "map", TAG)


def valid(number):
    return bool(call("is_valid_model_molecule", number) or call("is_valid_map_molecule", number))


def molecule_name(number):
    name = call("molecule_name", number)
    if isinstance(name, bytes):
        return name.decode("utf-8", "replace")
    return name if isinstance(name, _TEXT) else ""


def read(item):
    """Have Coot read a file; its number. A map is checked first: a damaged one ends Coot."""
    path = item["path"]
    short = _plain(os.path.basename(path))
    if not os.path.isfile(path):
        if os.environ.get("FLATPAK_ID"):
            raise BundleError("%s is hidden from Coot's sandbox: keep it at home." % short)
        raise BundleError("%s is gone: send it again." % short)
    if item["kind"] == "map":
        check_map(path)
        number = call("read_ccp4_map", coot_path(path), 1 if item.get("below") else 0)
        there = number is not None and number >= 0 and call("is_valid_map_molecule", number)
        if there and item.get("below"):
            # What is taken for microscopy (P1, 90 90 90) is read as no difference map.
            call_if_there("set_map_is_difference_map", number, 1)
    else:
        number = call("read_pdb", coot_path(path))
        there = number is not None and number >= 0 and call("is_valid_model_molecule", number)
    if not there:
        raise BundleError("Coot could not read %s: see its console." % short)
    return number


def style(number, item):
    """The level, colour and style of one molecule, and whether it is shown."""
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
    """Write the model and the map that are open, ours left out: of several the one that is shown
    and was opened last.

    Returns {"model": {"path", "name"} or None, "map": the same, "left": names, "refused":
    sentences without their end}."""
    found = {"model": [], "map": []}
    for number in range(call("graphics_n_molecules")):
        if not valid(number) or molecule_name(number).endswith(TAG):
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
            name = _plain(os.path.basename(molecule_name(number)), 100) or "molecule %d" % number
            if place < len(found[kind]):
                answer["left"].append(name)
                continue
            path = os.path.join(folder, "from-coot" + ending)
            if os.path.exists(path):
                os.remove(path)
            call(writer, number, coot_path(path))
            if os.path.isfile(path) and os.path.getsize(path):
                answer[kind] = {"path": path, "name": name}
            else:
                answer["refused"].append("Coot could not write %s into %s" % (name, folder))
    return answer


def shown():
    """The one memory of what is shown, however often this text is run."""
    if not hasattr(_STATE, "shown"):
        _STATE.shown = Shown()
    return _STATE.shown


# ---------------------------------------------------------------- asked from outside
def answer(method, params):
    """What a request is answered; BundleError says what cannot be."""
    if method == "patterson.ping":
        return {"program": "coot", "pid": os.getpid()}
    if method == "patterson.show":
        return shown().show(params["scene"])
    if method == "patterson.restyle":
        return shown().restyle(params["items"])
    if method == "patterson.save":
        return save_open(params["folder"])
    if method == "patterson.close":
        return {"closed": shown().close()}
    if method == "patterson.stop":
        listener = getattr(_STATE, "listener", None)
        if listener is not None and not listener.stays:
            listener.stopping = True
        return {}
    raise BundleError("There is no method '%s'." % method)


def remote(request):
    """The same for Coot's own remote control: JSON text in, JSON text out. It never raises, for
    1.1.20 runs a second time what does."""
    try:
        asked = json.loads(request)
        return json.dumps({"result": answer(asked["method"], asked.get("params") or {})})
    except Exception as error:
        return json.dumps({"error": in_words(error)})


def in_words(error):
    """What went wrong, as text on one line."""
    if isinstance(error, BundleError):
        return _plain(str(error))
    return "%s: %s" % (type(error).__name__, _reason(error))


class Listener(object):
    """A socket of this computer alone, looked at from Coot's main loop.

    A frame is four bytes of length, big-endian, and as many of JSON, as in Coot's own remote
    control from 1.1.20. Every request names the token that stands in a file only the user can
    read.
    """

    def __init__(self, folder):
        self.stopping = False
        self.stays = False  # whoever asks it to stop: it was here before
        self._client, self._data, self._heard = None, b"", 0.0
        self._said = {}  # folders: files
        self.token = binascii.hexlify(os.urandom(24)).decode("ascii")
        self._server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._server.bind(("127.0.0.1", 0))
            self._server.listen(1)
            self._server.setblocking(False)
            self.port = self._server.getsockname()[1]
            self.announce(folder)
        except Exception:
            self._server.close()
            raise
        atexit.register(self.close)

    def announce(self, folder):
        """Say in a folder where to find us, once."""
        if folder in self._said:
            return
        if not os.path.isdir(folder):
            os.makedirs(folder, 0o700)
        name = "coot-%d" % os.getpid()
        if os.path.lexists(os.path.join(folder, name + ".json")):
            # Numbers are given again, and in a sandbox every program has the same.
            name += "-" + binascii.hexlify(os.urandom(4)).decode("ascii")
        beside = os.path.join(folder, name + ".new")
        if os.path.lexists(beside):
            os.remove(beside)
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        told = {"program": "coot", "pid": os.getpid(), "host": socket.gethostname()}
        told.update(port=self.port, token=self.token)
        with os.fdopen(opened, "w") as file:
            file.write(json.dumps(told))
        self._said[folder] = os.path.join(folder, name + ".json")
        os.rename(beside, self._said[folder])

    def poll(self):
        """Take what came; False once it has stopped."""
        if self._client is None and not self._accept():
            return not self.stopping
        try:
            while self._client is not None:
                part = self._client.recv(1 << 16)
                if not part:
                    self._drop()
                    break
                self._heard = time.time()
                self._data += part
                self._take_frames()
        except socket.error as error:
            waiting = error.args[0] in (errno.EAGAIN, errno.EWOULDBLOCK)
            if not waiting or abs(time.time() - self._heard) > SILENCE_S:
                self._drop()
        if self.stopping:
            self.close()
        return not self.stopping

    def _accept(self):
        try:
            self._client, _ = self._server.accept()
        except socket.error:
            return False
        self._client.setblocking(False)
        self._data, self._heard = b"", time.time()
        return True

    def _take_frames(self):
        while self._client is not None and len(self._data) >= 4:
            (length,) = struct.unpack(">I", self._data[:4])
            if length > LARGEST_FRAME:
                self._drop()
                return
            if len(self._data) < 4 + length:
                return
            body, self._data = self._data[4 : 4 + length], self._data[4 + length :]
            self._send(self._answered(body))

    def _answered(self, body):
        """The frame's content that answers `body`; nothing for what is no request."""
        try:
            request = json.loads(body.decode("utf-8"))
            method, params = request["method"], request["params"]
            number, token = str(request["id"]), params["token"]
        except Exception:  # RuntimeError too, of what is nested a thousandfold
            return b""
        reply = {"jsonrpc": "2.0", "id": number}
        if not same(token, self.token):
            reply["error"] = {"code": -32001, "message": "The token is wrong."}
        else:
            try:
                reply["result"] = answer(method, params)
            except Exception as error:
                reply["error"] = {"code": -32000, "message": in_words(error)}
        return json.dumps(reply).encode("utf-8")

    def _send(self, content):
        self._client.setblocking(True)
        self._client.settimeout(5.0)
        try:
            self._client.sendall(struct.pack(">I", len(content)) + content)
            self._client.setblocking(False)
        except socket.error:
            self._drop()

    def _drop(self):
        if self._client is not None:
            self._client.close()
        self._client, self._data = None, b""

    def close(self):
        """Listen no more and take the announcement away."""
        self.stopping = True
        self._drop()
        self._server.close()
        for path in self._said.values():
            if os.path.exists(path):
                os.remove(path)
        self._said = {}


def same(given, wanted):
    """Compare in a time that tells nothing of where they differ."""
    if not isinstance(given, (str, _TEXT)):
        return False
    a, b = given.encode("utf-8"), wanted.encode("utf-8")
    different = len(a) ^ len(b)
    for x, y in zip(bytearray(a), bytearray(b)):
        different |= x ^ y
    return different == 0


def listeners_folder():
    """Where patterson_gui looks for a Coot that listens."""
    if LISTENERS:
        return LISTENERS
    configured = os.environ.get("PATTERSON_GUI_CONFIG")
    home = os.path.expanduser("~")
    if configured:
        base = configured
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Application Support", "patterson_gui")
    elif os.name == "nt":
        base = os.path.join(os.environ.get("LOCALAPPDATA", home), "patterson_gui")
    else:
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        base = os.path.join(config, "patterson_gui")
    return os.path.join(base, "listeners")


# ---------------------------------------------------------------- the menu
def gtk2():
    """Whether this is a Coot with GTK 2, which must not load the bindings of a later one."""
    return sys.version_info[0] == 2 or "gtk" in sys.modules


def every(milliseconds, function):
    """Have Coot's main loop call `function` for as long as it returns True."""
    if gtk2():
        import gobject

        gobject.timeout_add(milliseconds, function)
        return
    from gi.repository import GLib

    GLib.timeout_add(milliseconds, function)


def tell(sentence):
    """A dialog with one sentence."""
    status(sentence)
    call_if_there("info_dialog", sentence)


def guarded(function):
    """The function with its trouble told instead of raised into Coot."""

    def run(*arguments):
        try:
            function()
        except Exception as error:
            tell(in_words(error))

    return run


def open_bundle(path):
    """Show a bundle."""
    scene = unpack(path, tempfile.mkdtemp(prefix="patterson_gui-"))
    result = shown().show(scene)
    for sentence in result["refused"]:
        tell(sentence)
    for line in [scene["provenance"], scene["verdict"]] + scene["notes"]:
        if line:
            status(line)
    return scene


def choose_bundle():
    choose_file("Open a prediction", open_bundle)


def choose_file(title, then):
    """Ask for a .pgz file and hand its path on."""
    if gtk2():
        return choose_file_gtk2(title, then)
    from gi.repository import Gtk

    native = Gtk.FileChooserNative(title=title, action=Gtk.FileChooserAction.OPEN)
    only = Gtk.FileFilter()
    only.set_name("Predictions (*.pgz)")
    only.add_pattern("*.pgz")
    native.add_filter(only)
    _STATE.chooser = native  # nobody else keeps it

    def answered(dialog, response):
        _STATE.chooser = None
        if response == Gtk.ResponseType.ACCEPT:
            guarded(lambda: then(dialog.get_file().get_path()))()

    native.connect("response", answered)
    native.show()
    return None


def choose_file_gtk2(title, then):
    import gtk

    buttons = (gtk.STOCK_CANCEL, gtk.RESPONSE_CANCEL, gtk.STOCK_OPEN, gtk.RESPONSE_OK)
    dialog = gtk.FileChooserDialog(title, None, gtk.FILE_CHOOSER_ACTION_OPEN, buttons)
    only = gtk.FileFilter()
    only.set_name("Predictions (*.pgz)")
    only.add_pattern("*.pgz")
    dialog.add_filter(only)
    response, path = dialog.run(), dialog.get_filename()
    dialog.destroy()
    if response == gtk.RESPONSE_OK and path:
        then(path)


def active_model():
    """The number of the model at the centre, else of the last one that is shown."""
    for name in ("active_residue_py", "active_residue"):
        function = coot_function(name)
        if function is not None:
            found = function()
            if found:
                return found[0]
            break
    models = [
        number
        for number in range(call("graphics_n_molecules"))
        if call("is_valid_model_molecule", number) and call("mol_is_displayed", number)
    ]
    if not models:
        raise BundleError("There is no model to predict from: open one first.")
    return models[-1]


def predict_active():
    """Predict the density of the molecule at the centre from its amplitudes alone."""
    if getattr(_STATE, "prediction", None) is not None:
        raise BundleError("A prediction is running: wait for it, or stop it in the menu Patterson.")
    command = find_patterson_gui(PROGRAM)
    if command is None:
        raise BundleError(NOT_FOUND)
    number = active_model()
    folder = tempfile.mkdtemp(prefix="patterson_gui-")
    source = os.path.join(folder, "molecule.pdb")
    call("write_pdb_file", number, coot_path(source))
    if not os.path.isfile(source):
        raise BundleError("Coot could not write the molecule: is the disk full?")
    running = Prediction(command, source, folder)
    _STATE.prediction = running
    status("Predicting from %s ..." % os.path.basename(molecule_name(number)))

    def look():
        if not running.ended():
            return True
        _STATE.prediction = None
        guarded(lambda: open_bundle(running.result()))()
        return False

    every(500, look)


def stop_prediction():
    running = getattr(_STATE, "prediction", None)
    if running is None:
        raise BundleError("No prediction is running.")
    running.cancel()


def contour_as_sent():
    if not shown().ours:
        raise BundleError("Nothing was sent from patterson_gui yet.")
    shown().as_sent()


def close_ours():
    if not shown().close():
        raise BundleError("Nothing from patterson_gui is open.")


def about():
    listener = getattr(_STATE, "listener", None)
    heard = "does not listen" if listener is None or listener.stopping else "listens"
    tell(
        "patterson_gui takes a Patterson map to electron density and atoms: this menu opens its "
        "predictions (.pgz), and this Coot %s for what its window sends." % heard
    )


MENU = (
    ("Open prediction...", choose_bundle),
    ("Predict from this molecule...", predict_active),
    ("Stop the prediction", stop_prediction),
    ("Contour as sent", contour_as_sent),
    ("Close what was sent", close_ours),
    ("About", about),
)


def make_menu():
    """The menu "Patterson"."""
    if gtk2():
        menu = call("coot_menubar_menu", "Patterson")
        for label, function in MENU:
            call("add_simple_coot_menu_menuitem", menu, label, guarded(function))
        return
    import coot_gui

    menu = coot_gui.attach_module_menu_button("Patterson")
    for place, (label, function) in enumerate(MENU):
        name = "patterson_gui_%d" % place
        coot_gui.add_simple_action_to_menu(menu, label, name, guarded(function))


def start():
    """The menu and the listener, once for each Coot however often this text is run."""
    if not getattr(_STATE, "started", False):
        _STATE.started = True
        try:
            make_menu()
        except Exception as error:  # without a window; what is sent is shown all the same
            say("no menu (%s)" % in_words(error))
    try:
        listener = getattr(_STATE, "listener", None)
        if listener is None or listener.stopping:
            _STATE.listener = Listener(listeners_folder())
            every(POLL_MS, _STATE.listener.poll)
        else:
            listener.stays = True
            listener.announce(listeners_folder())
    except Exception as error:
        say("this Coot cannot be sent to (%s)" % in_words(error))


def _patterson_gui_apart(names, before, code):
    """Give the names back as they were `before` and run the text among names of its own."""
    own = {"__name__": "patterson_gui_coot"}
    if "PATTERSON_GUI_START" in names:
        own["PATTERSON_GUI_START"] = names["PATTERSON_GUI_START"]
    for name in set(names).difference(before):
        del names[name]
    names.update(before)
    exec(code, own)


if __name__ == "__main__":
    _patterson_gui_apart(globals(), _patterson_gui_before, sys._getframe().f_code)
else:
    _STATE.remote = remote
    if globals().get("PATTERSON_GUI_START", True):
        start()
