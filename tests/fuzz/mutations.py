"""Damage files in ways that readers meet: bits, words, lines, JSON values, HDF5 objects, zips."""

import bz2
import gzip
import io
import json
import lzma
import re
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

import h5py
import numpy as np

# Numbers that readers trip over: too large, not numbers, other digits, other forms.
_EVIL = (
    "0", "-1", "1", "nan", "inf", "-inf", "1e400", "-1e400", "1e38", "1e-320", "1e9", "1e4",
    "100000000", "300000000", "2147483648", "-2147483649", "9223372036854775808", "1" * 400,
    "1.5", "*****", "²", "٣", "é", "?", ".", "0x10", "1_000", "1,5", "1d5", "--5", "=1+1", "<b>x",
    "../../etc/passwd", "\ud7ff", "%s%n", "'", '"', "1/0", "x,y,z", "90 90 90 90",
)  # fmt: skip
_NUMBER = re.compile(rb"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")
_WORD = re.compile(rb"[^\s,:;=]+")
_WORDS32 = (0, 1, -1, 2**31 - 1, -(2**31), 10**8, 10**9, 65536, 255)
_FLOATS = (0.0, -0.0, 1e-38, 1e30, 3e38, float("nan"), float("inf"), -float("inf"), 1e4, 1e9, -1.0)


def damaged_text(content: bytes, random: Random) -> bytes:
    """A text after one to four changes of numbers, words, lines or bytes."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        content = random.choice(_TEXT)(content, random)
    return content


def _other_number(content: bytes, random: Random) -> bytes:
    return _replaced(content, _NUMBER, random)


def _other_word(content: bytes, random: Random) -> bytes:
    return _replaced(content, _WORD, random)


def _replaced(content: bytes, what: re.Pattern[bytes], random: Random) -> bytes:
    """Half of the changes are in the first lines, where headers are."""
    end = len(content) if random.random() < 0.5 else min(len(content), 600)
    found = list(what.finditer(content, 0, end))
    if not found:
        return content
    match = random.choice(found)
    other = random.choice(_EVIL).encode("utf-8")
    if random.random() < 0.3:  # in fixed columns a value of the same width stays in its place
        other = other[: len(match[0])].rjust(len(match[0]))
    return content[: match.start()] + other + content[match.end() :]


def _lines(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    i, j = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(6)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines[i:i] = [lines[j]] * random.choice((1, 2, 50))
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    elif kind == 3:
        lines[i] = lines[i] * random.choice((2, 300))
    elif kind == 4:
        lines[i] = b"".join(lines[i].split())
    else:
        lines = lines[: i + 1]
    return b"\n".join(lines)


def damaged_bytes(content: bytes, random: Random) -> bytes:
    """Bits, bytes and 32-bit words changed, or parts cut, repeated or emptied."""
    if not content:
        return content
    found = bytearray(content)
    head = random.random() < 0.5
    end = min(len(found), 1024) if head else len(found)
    for _ in range(random.choice((1, 1, 2, 5, 30))):
        at = random.randrange(end)
        kind = random.randrange(5)
        if kind == 0:
            found[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            found[at] = random.randrange(256)
        elif kind == 2 and len(found) >= 4:
            at = min(at - at % 4, len(found) - 4)
            found[at : at + 4] = (random.choice(_WORDS32) & 0xFFFFFFFF).to_bytes(4, "little")
        elif kind == 3 and len(found) >= 4:
            at = min(at - at % 4, len(found) - 4)
            with np.errstate(over="ignore"):
                found[at : at + 4] = np.float32(random.choice(_FLOATS)).tobytes()
        elif kind == 4 and random.random() < 0.3:
            n = random.choice((1, 4, 100, 1000))
            part = bytes(found[at : at + n])
            found[at : at + n] = random.choice((b"", part * 3, b"\x00" * len(part)))
            end = min(end, len(found))
            if not end:
                break
    if random.random() < 0.1:
        del found[random.randrange(len(found) + 1) :]
    return bytes(found)


_TEXT: tuple[Callable[[bytes, Random], bytes], ...] = (
    _other_number, _other_number, _other_number, _other_word, _other_word, _lines, _lines,
    damaged_bytes,
)  # fmt: skip


def damaged_json(content: bytes, random: Random) -> bytes:
    """Mostly JSON with other values in some places; sometimes no JSON any more."""
    if random.random() < 0.25:
        return damaged_text(content, random)
    value = json.loads(content)
    for _ in range(random.choice((1, 1, 2, 3))):
        value = _other_value(value, random)
    return json.dumps(value).encode()


def _other_value(value: Any, random: Random) -> Any:
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        if random.random() < 0.1:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: _other_value(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.8:
        i = random.randrange(len(value))
        return [*value[:i], _other_value(value[i], random), *value[i + 1 :]]
    nested: Any = 1
    for _ in range(random.choice((1, 90, 900))):
        nested = [nested] if random.random() < 0.5 else {"a": nested}
    choice = (
        None, True, 0, -1, 10**9, 10**400, 1e300, float("nan"), float("inf"), "", "x", "\ud800",
        "../x", [], {}, [[1]], {"a": 1}, nested, "a" * 10_000, [0] * 2000, *_EVIL,
    )  # fmt: skip
    return random.choice(choice)


def damaged_zip(content: bytes, random: Random) -> bytes:
    """A zip whose members were damaged before they were packed, or whose bytes were."""
    if random.random() < 0.3:
        return damaged_bytes(content, random)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name = random.choice(list(members))
    inside = members[name]
    if name.endswith(".json"):
        members[name] = damaged_json(inside, random)
    elif name.endswith((".pdb", ".cif")):
        members[name] = damaged_text(inside, random)
    else:
        members[name] = damaged_bytes(inside, random)
    memory = io.BytesIO()
    packing = random.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(memory, "w", packing) as archive:
        for each, inside in members.items():
            archive.writestr(each, inside)
    packed = memory.getvalue()
    return packed if random.random() < 0.8 else damaged_bytes(packed, random)


def damaged_hdf5(content: bytes, random: Random) -> bytes:
    """An HDF5 file with arrays of other types and sizes, links, and other attributes."""
    if random.random() < 0.25:
        return damaged_bytes(content, random)
    memory = io.BytesIO(content)
    with h5py.File(memory, "r+") as file:
        for _ in range(random.choice((1, 1, 2))):
            _other_object(file, random)
    return memory.getvalue()


def _other_object(file: h5py.File, random: Random) -> None:
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if hasattr(item, "dtype") else None)
    if not names or (random.random() < 0.2 and len(file.attrs)):
        _other_attribute(file, random)
        return
    name = random.choice(names)
    old = file[name]
    shape, dtype = old.shape or (), old.dtype
    if random.random() < 0.1:
        value = old[()]
        if getattr(value, "size", 0) and dtype.kind in "iuf":
            value.flat[random.randrange(value.size)] = _number_of(dtype, random)
            old[...] = value
        return
    rows, others = (shape[0] if shape else 0), shape[1:]
    pair = np.dtype([("a", "i4"), ("b", "f8")])
    del file[name]
    other_type = random.choice(("f2", "f8", "i8", "S7", "u1", h5py.string_dtype()))
    random.choice((
        lambda: None,
        lambda: file.create_dataset(name, (10**8, *others), dtype, chunks=True, compression=1),
        lambda: file.create_dataset(name, (max(rows - 1, 0), *others), dtype),
        lambda: file.create_dataset(name, shape, other_type),
        lambda: file.create_dataset(name, (rows,), pair),
        lambda: file.create_group(name),
        lambda: _put(file, name, random.choice((1, 1.5, "text", b"bytes", h5py.Empty("i4")))),
        lambda: _put(file, name, h5py.SoftLink(random.choice(("/", "/nothing", "/atoms")))),
        lambda: _put(file, name, h5py.ExternalLink("/etc/passwd", "/")),
    ))()  # fmt: skip


def _put(file: h5py.File, name: str, value: Any) -> None:
    file[name] = value


def _other_attribute(file: h5py.File, random: Random) -> None:
    if not len(file.attrs):
        return
    key = random.choice(list(file.attrs))
    old = file.attrs[key]
    new: Any = random.choice((1, 2.5, "x", [1, 2], np.int64(10**12), h5py.Empty("f")))
    if isinstance(old, str) and old.startswith("{"):
        new = damaged_json(old.encode(), random).decode("utf-8", "ignore").replace("\x00", "")
    file.attrs[key] = new


def _number_of(dtype: np.dtype[Any], random: Random) -> Any:
    if dtype.kind == "f":
        return random.choice(_FLOATS)
    limits = np.iinfo(dtype)
    return random.choice((limits.min, limits.max, 0, 1, limits.max // 2))


def packed(content: bytes, random: Random) -> bytes:
    """The content packed by gzip, bzip2 or xz; often damaged afterwards."""
    found = random.choice((gzip.compress, bz2.compress, lzma.compress))(content)
    return found if random.random() < 0.5 else damaged_bytes(found, random)
