"""Read a prediction bundle (.pgz) of patterson_gui inside another program.

Only the standard library, for Python 2.7 and 3: ChimeraX, Coot 0.9 to 1.3 and PyMOL run this text
unchanged. A bundle is not trusted: nothing in it is executed, no name in it is used as a path, and
every map is checked before a program reads it, because a damaged one crashes some of them.
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

# The same colours in every program.
MAP_COLOURS = {
    "patterson": "#b055f2",
    "predicted": "#2381c8",
    "true": "#8e949c",
    "density": "#0aa37a",
}
MAP_KINDS = ("patterson", "predicted", "true", "density")
MODEL_COLOUR = "#888888"
ATOMS_COLOUR = "#cfae7b"
LEVEL = 2.5  # rmsd, if a bundle gives none
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
# Characters that must not reach a line of text: controls, line ends, changes of direction.
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
    """A bundle or a map cannot be used; one sentence for the user."""

    def __str__(self):
        text = self.args[0] if self.args else ""
        if str is bytes and isinstance(text, _TEXT):
            return text.encode("utf-8")  # Python 2, whose default encoding is ASCII
        return text

    def __unicode__(self):
        return str(self).decode("utf-8", "replace")


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
                    # The declared sizes may be wrong, and a member may be read many times.
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
                "%s is a zip archive, not a prediction bundle: unpack it and open the files in it."
                % self.name
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
                "%s is a zip archive, not a prediction bundle: unpack it and open the files in it."
                % self.name
            )
        version = values.get("schema_version")
        if isinstance(version, bool) or version != SCHEMA:
            raise BundleError(
                "%s has an unknown bundle version (%s; known: %d): update patterson_gui and its "
                "plugins." % (self.name, _reason(version)[:20], SCHEMA)
            )
        return values

    def _checked(self):
        infos = self._zip.infolist()
        if len(infos) > MOST_ENTRIES:
            raise BundleError(
                "%s holds %d files, more than any bundle: get the bundle again."
                % (self.name, len(infos))
            )
        checked, total = {}, 0
        for info in infos:
            why = _suspicious(info)
            if why:
                raise BundleError(
                    "%s is not opened, because its entry '%s' %s: ask who made it."
                    % (self.name, _plain(info.orig_filename, 60), why)
                )
            if info.filename in checked:
                raise BundleError(
                    "%s holds %s twice: get the bundle again."
                    % (self.name, _plain(info.filename, 60))
                )
            checked[info.filename] = info
            total += info.file_size
        if total > LARGEST_SUM:
            raise self._too_large("all files together")
        return checked

    def _damaged(self, error):
        return BundleError(
            "%s is a damaged zip archive (%s): get the bundle again." % (self.name, _reason(error))
        )

    def _too_large(self, what):
        return BundleError(
            "%s unpacks to more bytes than a bundle may hold (%s): get the bundle again."
            % (self.name, what)
        )


def _suspicious(info):
    """Why an entry cannot belong to a bundle; None where it may."""
    name = info.orig_filename  # `filename` ends at a NUL and has no backslash on Windows
    parts = name.split("/")
    leaves = name.startswith("/") or "\\" in name or re.match(r"^[A-Za-z]:", name)
    if leaves or ".." in parts or "\x00" in name:
        return "points outside the archive"
    kind = (info.external_attr >> 28) & 0xF
    if kind not in (0, 0x8, 0x4):  # neither a file nor a folder
        return "is a link or a device"
    if info.flag_bits & 0x1:
        return "is encrypted"
    return None if info.compress_type in _PACKED else "is compressed with another method"


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
        parts = {}  # of two maps of one kind the later, as in patterson_gui
        for part in _items(manifest.get("maps")):
            if isinstance(part, dict) and isinstance(part.get("kind"), (str, _TEXT)):
                parts[part["kind"]] = part
        items = [self._map(parts[kind], aligned) for kind in MAP_KINDS if kind in parts]
        if any(item["key"] != "patterson" for item in items):
            for item in items:
                if item["key"] == "patterson":
                    item["shown"] = False  # it is in vector space, not in the crystal
        model = self._model("model", manifest.get("model"), MODEL_COLOUR, "model")
        built = aligned.get("model") if aligned else prediction.get("model")
        words = "built atoms" + (" (aligned to the truth)" if aligned else "")
        atoms = self._model("atoms", built, ATOMS_COLOUR, words)
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
        """The absolute level that it was shown at, else the default of its kind."""
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
                "%s in %s is not a model: get the bundle again." % (said, self._archive.name)
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
        # Only ASCII, so that Python 2 can join it to a folder with any letters.
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
                "%s could not be unpacked into %s (%s): free some space there, or set another "
                "folder for temporary files."
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
    """A path of any type as text. In Python 2 bytes that cannot be decoded stay bytes."""
    if isinstance(folder, _TEXT):
        return folder
    if not isinstance(folder, bytes):
        return str(folder)
    try:
        return folder.decode(sys.getfilesystemencoding() or "utf-8")
    except UnicodeError:
        return folder


def check_map(path):
    """Return the rms in a CCP4 map's header. Raise BundleError for a map that is not in mode 2 and
    little-endian, is cut short, has no cell, or has values that are not numbers."""
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
        raise BundleError("%s is not a CCP4 map: get the file again." % name)
    words = struct.unpack("<56i", head[:224])
    reals = struct.unpack("<56f", head[:224])
    extent, sampling, axes, extra = words[0:3], words[7:10], words[16:19], words[23]
    if words[3] != 2:
        raise BundleError(
            "%s is not a map in mode 2 (real numbers, little-endian): convert it." % name
        )
    sane = (
        all(0 < n <= LARGEST_AXIS for n in extent + sampling)
        and sorted(axes) == [1, 2, 3]
        and 0 <= extra <= 80 * 400
        and words[24] != 1  # a skew transformation
        # Coot's reader crashes on other machine stamps and on more labels than the header has.
        and head[212:214] in (b"\x44\x41", b"\x44\x44")
        and 0 <= words[55] <= 10
        and all(abs(n) <= 10 * LARGEST_AXIS for n in words[4:7])
    )
    # Programs allocate memory for the whole cell, however little of it the file holds.
    sane = sane and sampling[0] * sampling[1] * sampling[2] <= LARGEST_GRID
    sane = sane and _encloses(reals[10:16]) and all(_finite(x) for x in reals[19:22])
    sane = sane and _is_group(file.read(extra))
    if not sane or not _finite(reals[54]):
        raise BundleError("%s has a damaged map header: get the file again." % name)
    needed = MAP_HEADER + extra + 4 * extent[0] * extent[1] * extent[2]
    if size != needed:
        raise BundleError(
            "%s has the wrong length (%d bytes, not %d): get the file again."
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
        total = sum(values)  # not finite if one of them is not
        if not _finite(total) or max(values) > LARGEST_VALUE or min(values) < -LARGEST_VALUE:
            raise BundleError("%s holds values that are not numbers: write the map again." % name)


def _is_group(block):
    """Whether a map's symmetry block, lines of 80 letters, holds operations of a crystal. Coot
    multiplies them until no new one appears, which never ends for others."""
    if len(block) % 80:
        return False
    text = block.decode("latin-1").lower()
    turns = [_rotation(text[at : at + 80]) for at in range(0, len(text), 80)]
    if None in turns:
        return False
    turns = set(turns)
    return len(turns) <= 48 and all(_product(a, b) in turns for a in turns for b in turns)


def _rotation(triplet):
    """The nine integers of '-y,x,z+1/2'; None if the text is not an operation."""
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
    except OverflowError:  # JSON has integers of any length
        return None
    return number if _finite(number) else None


def _plain(value, longest=LONGEST_TEXT):
    """Text on one line that any program can show; '' for other types."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, _TEXT):
        return ""
    value = value.encode("utf-8", "replace").decode("utf-8", "replace")  # removes lone surrogates
    return " ".join(_UNSEEN.sub(" ", value).split())[:longest]


def _reason(error):
    """An error's message on one line."""
    words = getattr(error, "strerror", None) or error
    try:
        return _plain(words if isinstance(words, (bytes, _TEXT)) else str(words), 200)
    except (UnicodeError, ValueError):  # raised also for integers too long to print
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


# ---------------------------------------------------------------- predictions
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
    """The command that predicts from a file and writes prediction.pgz into a folder."""
    return list(command) + ["predict", source, "-o", folder] + list(extra)


NOT_FOUND = (
    "patterson-gui was not found: install it, or set the environment variable PATTERSON_GUI to "
    "its path."
)


_NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW: without it Windows opens a console


class Prediction(object):
    """`patterson-gui predict` as a process; ask now and then whether it has `ended`.

    Its output goes to a file, because a pipe that nobody reads would block it. It is stopped when
    the program that started it ends.
    """

    def __init__(self, command, source, folder, extra=()):
        self.bundle = os.path.join(folder, "prediction.pgz")
        self._said = os.path.join(folder, "patterson-gui.log")
        environment = dict(os.environ)
        for name in ("PYTHONHOME", "PYTHONPATH", "LD_PRELOAD"):
            environment.pop(name, None)  # this program's values lead it to the wrong libraries
        environment["PYTHONIOENCODING"] = "utf-8"  # on Windows files have another encoding
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
        """Whether the process has ended."""
        return self._process.poll() is not None

    def cancel(self):
        if not self.ended():
            self.cancelled = True
            self._process.terminate()

    def said(self):
        """The lines it has printed so far."""
        with io.open(self._said, "r", encoding="utf-8", errors="replace") as file:
            return [line for line in [_plain(line) for line in file] if line]

    def result(self):
        """The path of the bundle. Waits until the process ends; raises BundleError if it failed."""
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
