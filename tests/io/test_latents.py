import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from patterson_gui.crystal.materials.cube import SAMPLE_KINDS
from patterson_gui.crystal.materials.latent import DIMENSIONS, Latent
from patterson_gui.errors import UserError
from patterson_gui.io.latents import read_latent, write_latent


def latent(**changes: Any) -> Latent:
    rng = np.random.default_rng(0)
    vector = (rng.standard_normal(DIMENSIONS) * 10.0 ** rng.integers(-20, 20, DIMENSIONS)).astype(
        np.float32
    )
    values: dict[str, Any] = {
        "vector": vector, "kind": "crystal", "network": "crystals", "name": "Fe₂O₃ “Blutstein”",
    }  # fmt: skip
    return Latent(**values | changes)


@pytest.mark.parametrize("kind", SAMPLE_KINDS)
@pytest.mark.parametrize("encoded", [True, False])
def test_reads_back_a_latent_exactly(tmp_path: Path, kind: str, encoded: bool) -> None:
    before = latent(kind=kind, encoded=encoded)
    write_latent(tmp_path / "z ü.json", before)
    after = read_latent(tmp_path / "z ü.json")
    assert np.array_equal(after.vector, before.vector)
    assert after.vector.dtype == np.float32
    assert (after.kind, after.network, after.name, after.encoded) == (
        before.kind, before.network, before.name, before.encoded,
    )  # fmt: skip


def test_stores_the_vector_as_a_json_list_of_numbers(tmp_path: Path) -> None:
    write_latent(tmp_path / "z.json", latent())
    values = json.loads((tmp_path / "z.json").read_text(encoding="utf-8"))
    assert set(values) == {
        "format", "schema_version", "network", "kind", "name", "encoded", "vector",
    }  # fmt: skip
    assert values["vector"] == latent().vector.astype(float).tolist()


def test_reads_a_file_with_required_items_alone(tmp_path: Path) -> None:
    values = {
        "format": "patterson_gui latent", "schema_version": 1, "network": "n", "kind": "lattice",
        "vector": [0.5] * DIMENSIONS,
    }  # fmt: skip
    (tmp_path / "z.json").write_text(json.dumps(values))
    assert read_latent(tmp_path / "z.json").name == ""
    assert read_latent(tmp_path / "z.json").encoded


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": "a diary"}, "it is of another format"),
        ({"schema_version": 2}, "its version, 2, is unknown"),
        ({"kind": "molecule"}, "its kind or its network is missing or invalid"),
        ({"kind": ["crystal"]}, "its kind or its network is missing or invalid"),
        ({"network": None}, "its kind or its network is missing or invalid"),
        ({"vector": [1.0] * 299}, "not 300 numbers"),
        ({"vector": [[1.0]] * 300}, "not 300 numbers"),
        ({"vector": [1.0] * 299 + [float("nan")]}, "not 300 numbers"),
        ({"vector": [1.0] * 299 + [1e39]}, "not 300 numbers"),
        ({"vector": [1] * 299 + [10**400]}, "cannot be read"),
        ({"vector": ["one"] * 300}, "cannot be read"),
        ({"vector": [[1.0], 2.0] * 150}, "cannot be read"),
        ({"vector": None}, "not 300 numbers"),
        ({"vector": {"0": 1}}, "cannot be read"),
    ],
)
def test_rejects_files_that_are_not_latents_in_one_sentence(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    path = tmp_path / "z.json"
    write_latent(path, latent())
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change))
    with pytest.raises(UserError, match=why) as error:
        read_latent(path)
    assert str(error.value).startswith("z.json does not hold a latent (")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"data_salt\n", b"[1, 2]", b"\xff\xfe\x00", b"{" * 5, b"[" * 100_000, b'"text"', b"7"],
)
def test_rejects_files_of_other_formats(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "z.json").write_bytes(content)
    with pytest.raises(UserError, match=r"z\.json") as error:
        read_latent(tmp_path / "z.json")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("keep", [0.01, 0.5, 0.99])
def test_rejects_a_truncated_file(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "z.json"
    write_latent(path, latent())
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(UserError, match="it is not JSON"):
        read_latent(path)


def test_rejects_huge_files_folders_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "huge.json").write_bytes(b" " * (2 << 20))
    for name in ("huge.json", "absent.json", "."):
        with pytest.raises(UserError):
            read_latent(tmp_path / name)


def test_keeps_the_old_file_if_a_latent_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "z.json"
    write_latent(path, latent())
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_latent(path, latent(name={"not", "text"}))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["z.json"]
