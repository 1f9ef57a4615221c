"""`fragment`."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]


def test_fragment_writes_a_zip_file_with_a_manifest(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.testzip() is None
    assert manifest["cell"] == [12.0, 12.0, 12.0, 90.0, 90.0, 90.0]


def test_fragment_without_a_range_takes_two_bonded_residues(
    call: Call, model: Path, tmp_path: Path
) -> None:
    answer = call("fragment", model, "-o", tmp_path / "EX.pgz", "--cell", "auto")
    assert answer.code == 0
    assert "A:1-2 (GLY-ALA)" in answer.out
