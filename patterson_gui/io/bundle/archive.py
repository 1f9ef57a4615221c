"""Zip archives: read untrusted ones safely, and write equal bytes for equal contents."""

import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from patterson_gui.errors import UserError
from patterson_gui.io.files import replace_file
from patterson_gui.io.guards import MIB, refuse_declared_bytes
from patterson_gui.io.source_file import SourceFile

MOST_ENTRIES = 200
LARGEST_ENTRY = 300 * 1024**2  # bytes, unpacked: more than the largest map of this program
LARGEST_SUM = 1536 * 1024**2
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold: equal input, equal bytes
# What reading a damaged zip raises: NotImplementedError for a compression that zipfile does not
# know, RuntimeError for an encrypted entry.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError,
    ValueError, IndexError, struct.error,
)  # fmt: skip


def is_zip(source: SourceFile) -> bool:
    """Whether a file begins with the signature of a zip archive."""
    return source.head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def write_archive(path: Path, members: Mapping[str, bytes]) -> None:
    """Write `members` (name → content), in their order, compressed."""
    with replace_file(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, on every system
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content, compresslevel=6)


class Archive:
    """A zip archive whose list of members was checked; reads members one by one, within limits."""

    def __init__(self, source: SourceFile) -> None:
        self._name = source.name
        if source.is_packed:
            raise UserError(
                f"{self._name} is a packed bundle, and bundles are compressed already: unpack it "
                "and open the .pgz file."
            )
        kept = source.kept_content
        try:
            self._zip = zipfile.ZipFile(source.path if kept is None else io.BytesIO(kept))
        except (*_BROKEN, OSError) as error:
            raise self._damaged(error) from error
        try:
            self._infos = self._checked()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def read(self, name: str, largest: int = LARGEST_ENTRY) -> bytes:
        """The content of a member.

        Raises
        ------
        UserError : the member is missing, damaged or larger than `largest` bytes.
        """
        info = self._infos.get(name)
        if info is None:
            raise UserError(
                f"{self._name} lacks {name}, which its manifest names: get the bundle again."
            )
        if info.file_size > largest:
            raise self._too_large(name)
        refuse_declared_bytes(
            f"{name} in {self._name}", info.file_size, info.compress_size, spare=64 * MIB
        )
        try:
            with self._zip.open(info) as member:
                content = member.read(largest + 1)
        except (*_BROKEN, OSError) as error:
            raise self._damaged(error) from error
        if len(content) > largest:
            raise self._too_large(name)
        return content

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        if len(infos) > MOST_ENTRIES:
            raise UserError(
                f"{self._name} holds {len(infos)} files, more than any bundle: get the "
                "bundle again."
            )
        checked: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            if why := _suspicious(info):
                raise UserError(
                    f"{self._name} is not opened, because its entry '{info.filename[:60]}' {why}: "
                    "ask who made it."
                )
            if info.filename in checked:
                raise UserError(f"{self._name} holds {info.filename} twice: get the bundle again.")
            checked[info.filename] = info
        if sum(info.file_size for info in infos) > LARGEST_SUM:
            raise self._too_large("all files together")
        return checked

    def _damaged(self, error: Exception) -> UserError:
        return UserError(f"{self._name} is a damaged zip archive ({error}): get the bundle again.")

    def _too_large(self, what: str) -> UserError:
        return UserError(
            f"{self._name} unpacks to more bytes than a bundle may hold ({what}): get the bundle "
            "again."
        )


def _suspicious(info: zipfile.ZipInfo) -> str | None:
    """Why an entry is not allowed in a bundle; None where it is allowed."""
    name = info.filename
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    mode = info.external_attr >> 16
    leaves = posix.is_absolute() or windows.drive or windows.root or "\\" in name
    if leaves or ".." in posix.parts or "\x00" in name or os.path.isabs(name):
        return "points outside the archive"
    if stat.S_ISLNK(mode) or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)):
        return "is a link or a device"
    if info.flag_bits & 0x1:
        return "is encrypted"
    # A damaged entry of another method, such as LZMA, may ask for gigabytes to be unpacked.
    usual = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return None if usual else "is packed by another method than those of bundles"
