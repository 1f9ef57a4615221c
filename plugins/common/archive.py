"""Read the zip archive of a bundle, which is not trusted: within limits, and no entry that cannot
belong to a bundle."""

import json
import os
import re
import struct
import zipfile
import zlib

from .text import BundleError, one_line, path_text, reason

FORMAT = "patterson_gui bundle"
SCHEMA = 1
MOST_ENTRIES = 200
LARGEST_ENTRY = 300 * 1024**2  # bytes unpacked
LARGEST_SUM = 1536 * 1024**2
LARGEST_MANIFEST = 8 * 1024**2
CHUNK = 1 << 20  # bytes read at once

_BROKEN = (
    zipfile.BadZipfile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,  # zipfile raises it for a compression that it does not know
    OverflowError,
    RuntimeError,
    ValueError,
)
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive(object):
    """The checked content list of a zip; members are read one by one, within limits."""

    def __init__(self, path):
        self.name = one_line(os.path.basename(path_text(path)), 100)
        self._unpacked = 0  # bytes
        try:
            self._zip = zipfile.ZipFile(path)
        except (IOError, OSError) as error:
            raise BundleError(
                "%s could not be opened (%s): check its name and folder."
                % (self.name, reason(error))
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
                % (self.name, one_line(name, 100))
            )
        if info.file_size > largest:
            raise self._too_large(one_line(name, 100))
        try:
            total, member = 0, self._zip.open(info)
            try:
                while True:
                    part = member.read(CHUNK)
                    if not part:
                        break
                    total += len(part)
                    self._unpacked += len(part)
                    # The declared sizes may be wrong, and a member may be read many times.
                    if total > largest or self._unpacked > LARGEST_SUM:
                        raise self._too_large(one_line(name, 100))
                    yield part
            finally:
                member.close()
        except (IOError, OSError) + _BROKEN as error:
            raise self._damaged(error)

    def manifest(self):
        """The content of manifest.json, of a known version; the values in it are not checked."""
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
                % (self.name, reason(error))
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
                "plugins." % (self.name, reason(version)[:20], SCHEMA)
            )
        return values

    def _checked(self):
        """The entries by their names; BundleError where one cannot belong to a bundle."""
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
                    % (self.name, one_line(info.orig_filename, 60), why)
                )
            if info.filename in checked:
                raise BundleError(
                    "%s holds %s twice: get the bundle again."
                    % (self.name, one_line(info.filename, 60))
                )
            checked[info.filename] = info
            total += info.file_size
        if total > LARGEST_SUM:
            raise self._too_large("all files together")
        return checked

    def _damaged(self, error):
        return BundleError(
            "%s is a damaged zip archive (%s): get the bundle again." % (self.name, reason(error))
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
