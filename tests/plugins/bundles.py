"""Change bundles, and check that the plugins reject them."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins.load import shared_module

BundleError = shared_module("text").BundleError
pgz = shared_module("pgz")


def rewritten(bundle: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The bundle with its members changed."""
    with zipfile.ZipFile(bundle) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return bundle


def with_manifest(bundle: Path, **changes: object) -> Path:
    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"]) | changes
        members["manifest.json"] = json.dumps(manifest).encode()

    return rewritten(bundle, change)


def refused(path: Path, out: Path, match: str) -> None:
    with pytest.raises(BundleError, match=match) as caught:
        pgz.unpack(str(path), str(out))
    assert "\n" not in str(caught.value)
    assert list(out.iterdir()) == [] or match != "points outside"


def items_of(scene: dict) -> dict[str, dict]:
    return {item["key"]: item for item in scene["items"]}
