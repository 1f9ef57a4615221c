"""Read and write latents as JSON files, with the vector as decimal numbers."""

import json
from pathlib import Path

import numpy as np

from patterson_gui.crystal.materials.cube import SAMPLE_KINDS
from patterson_gui.crystal.materials.latent import DIMENSIONS, Latent
from patterson_gui.errors import UserError
from patterson_gui.io.files import read_content, replace_file
from patterson_gui.io.text.plain_json import parse_json

FORMAT = "patterson_gui latent"
SCHEMA = 1
_MOST_BYTES = 1 << 20


def write_latent(path: Path, latent: Latent) -> None:
    """Write a latent; `read_latent` gives back exactly the same numbers.

    Raises
    ------
    UserError : the file cannot be written.
    """
    values = {
        "format": FORMAT,
        "schema_version": SCHEMA,
        "network": latent.network,
        "kind": latent.kind,
        "name": latent.name,
        "encoded": latent.encoded,
        "vector": [float(x) for x in latent.vector],
    }
    with replace_file(path) as temporary:
        temporary.write_text(
            json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def read_latent(path: Path) -> Latent:
    """Read a latent that `write_latent` wrote.

    Raises
    ------
    UserError : the file does not exist, or does not hold a latent.
    """
    try:
        values = parse_json(read_content(path, _MOST_BYTES).decode("utf-8"))
    except ValueError as error:
        raise _no_latent(path, "it is not JSON") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise _no_latent(path, "it is of another format")
    if values.get("schema_version") != SCHEMA:
        raise _no_latent(path, f"its version, {values.get('schema_version')}, is unknown")
    if values.get("kind") not in SAMPLE_KINDS or not isinstance(values.get("network"), str):
        raise _no_latent(path, "its kind or its network is missing or invalid")
    try:
        with np.errstate(over="ignore"):  # infinity is reported below
            vector = np.array(values["vector"], dtype=np.float32)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise _no_latent(path, "its vector cannot be read") from error
    if vector.shape != (DIMENSIONS,) or not np.isfinite(vector).all():
        raise _no_latent(path, f"its vector is not {DIMENSIONS} numbers")
    return Latent(
        vector,
        values["kind"],
        values["network"],
        str(values.get("name", "")),
        bool(values.get("encoded", True)),
    )


def _no_latent(path: Path, why: str) -> UserError:
    return UserError(
        f"{path.name} does not hold a latent ({why}): make one with 'patterson-gui crystal encode'."
    )
