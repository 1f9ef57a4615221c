"""The bundle: what goes in comes out, and nothing comes out that should not."""

import contextlib
import gzip
import io
import json
import stat
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.crystal.prediction import (
    BuiltAtoms,
    HandEvidence,
    Prediction,
    PredictionSettings,
)
from patterson_gui.errors import UserError
from patterson_gui.io.bundle import archive
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.io.maps.ccp4 import read_map


@pytest.fixture
def bundle(tmp_path: Path, fragment: Crystal, prediction: Prediction) -> Path:
    """A bundle with all its parts."""
    path = tmp_path / "ein Bündel.pgz"
    write_bundle(
        path, replace(fragment, notes=("α note",)), prediction=prediction,
        patterson=patterson(fragment.amplitudes), figures={"R": 0.07, "bad": float("nan")},
        levels={"patterson": 3.0}, settings={"d_min": 2.0},
    )  # fmt: skip
    return path


def test_reads_back_everything_that_was_written(
    bundle: Path, fragment: Crystal, prediction: Prediction
):
    read = read_bundle(bundle)
    crystal = read.crystal
    assert (crystal.name, crystal.provenance) == (fragment.name, fragment.provenance)
    assert crystal.notes == ("α note",)
    assert crystal.is_fragment
    assert crystal.cell == fragment.cell
    assert crystal.composition == fragment.composition
    assert np.array_equal(crystal.amplitudes.hkl, fragment.amplitudes.hkl)
    assert np.array_equal(crystal.amplitudes.f, fragment.amplitudes.f)
    assert crystal.amplitudes.sigma is None
    assert crystal.amplitudes.absolute
    assert np.array_equal(crystal.truth.grid, fragment.truth.grid)
    assert crystal.truth.kind is fragment.truth.kind
    assert crystal.model[0].count_atom_sites() == fragment.model[0].count_atom_sites()
    expected = patterson(fragment.amplitudes)
    assert np.array_equal(read.patterson.grid, expected.grid)
    assert read.patterson.spacegroup == expected.spacegroup
    assert read.patterson.d_min == expected.d_min
    assert read.figures == {"R": 0.07, "bad": None}
    assert read.levels == {"patterson": 3.0}
    back = read.prediction
    assert np.array_equal(back.density.grid, prediction.density.grid)
    assert np.array_equal(back.phases_deg, prediction.phases_deg)
    assert np.array_equal(back.fom, prediction.fom)
    assert back.settings == prediction.settings
    assert back.starts == prediction.starts
    assert (back.r_factor, back.verdict, back.notes) == (0.07, prediction.verdict, ("a note",))


def test_reads_a_bundle_with_only_a_cell_and_amplitudes(tmp_path: Path, fragment: Crystal):
    path = tmp_path / "small.pgz"
    write_bundle(path, replace(fragment, model=None, truth=None, composition=None))
    read = read_bundle(path)
    assert read.crystal.model is None
    assert read.crystal.truth is None
    assert read.patterson is read.prediction is read.figures is None


def test_reads_back_a_prediction_with_figures_that_are_nan(
    tmp_path: Path, fragment: Crystal, prediction: Prediction
):
    path = tmp_path / "a.pgz"
    write_bundle(path, fragment, prediction=replace(prediction, r_factor=float("nan")))
    assert np.isnan(read_bundle(path).prediction.r_factor)


def test_reads_back_built_atoms_and_their_figures(
    tmp_path: Path, fragment: Crystal, prediction: Prediction
):
    built = replace(
        prediction,
        settings=PredictionSettings(method="hybrid", model="small", atoms=True),
        model=fragment.model,
        built=BuiltAtoms(9, 10, 0.021, "One atom is missing."),
        hand=HandEvidence(0.9, 0.6, "backbone template"),
        hand_determined=True,
        network="small",
    )
    path = tmp_path / "a.pgz"
    write_bundle(path, replace(fragment, model=None), prediction=built)
    with zipfile.ZipFile(path) as file:
        assert file.read("atoms.pdb").startswith(b"REMARK   3 Built by patterson_gui")
    read = read_bundle(path)
    assert read.crystal.model is None
    back = read.prediction
    for name in ("settings", "built", "hand", "hand_determined", "network"):
        assert getattr(back, name) == getattr(built, name)
    places = [
        np.array([cra.atom.pos.tolist() for cra in model[0].all()])
        for model in (back.model, fragment.model)
    ]
    assert np.abs(places[0] - places[1]).max() < 1e-3
    assert [cra.atom.element.name for cra in back.model[0].all()] == [
        cra.atom.element.name for cra in fragment.model[0].all()
    ]


def test_reads_an_old_bundle_without_built_atoms(
    tmp_path: Path, fragment: Crystal, prediction: Prediction
):
    path = tmp_path / "a.pgz"
    write_bundle(path, fragment, prediction=prediction)
    with zipfile.ZipFile(path) as file:
        values = json.loads(file.read("manifest.json"))
    for name in ("model", "built", "hand", "network"):
        del values["prediction"][name]
    for name in ("method", "model", "atoms"):
        del values["prediction"]["settings"][name]
    back = read_bundle(rewritten(path, {"manifest.json": json.dumps(values).encode()})).prediction
    assert back.model is back.built is back.hand is back.network is None
    assert back.settings == prediction.settings


def test_equal_input_gives_equal_bytes(tmp_path: Path, fragment: Crystal, prediction: Prediction):
    contents = []
    for name in ("a.pgz", "b.pgz"):
        write_bundle(tmp_path / name, fragment, prediction=prediction)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]


def test_the_standard_library_can_read_a_bundle(bundle: Path, fragment: Crystal):
    with zipfile.ZipFile(bundle) as file:
        assert file.testzip() is None
        manifest = json.loads(file.read("manifest.json"))
        (part,) = [m for m in manifest["maps"] if m["kind"] == "true"]
        content = file.read(part["file"])
        assert file.read(manifest["model"]).startswith(b"CRYST1")
        assert file.read(manifest["amplitudes"]["file"]).startswith(b"MTZ ")
    assert manifest["schema_version"] == 1
    assert manifest["cell"] == [12, 12, 12, 90, 90, 90]
    columns, rows, sections, mode = struct.unpack("<4i", content[:16])
    symmetry_bytes = struct.unpack("<i", content[92:96])[0]
    assert (columns, rows, sections, mode) == (24, 24, 24, 2)
    values = struct.unpack(f"<{24**3}f", content[1024 + symmetry_bytes :])
    assert values[0] == fragment.truth.grid[0, 0, 0]


def test_maps_in_a_bundle_are_plain_ccp4(bundle: Path, tmp_path: Path):
    with zipfile.ZipFile(bundle) as file:
        (tmp_path / "P.ccp4").write_bytes(file.read("maps/patterson.ccp4"))
    assert read_map(tmp_path / "P.ccp4").spacegroup.xhm() == "P -1"


# ---------------------------------------------------------------- bundles from strangers
def rewritten(bundle: Path, change: dict[str, bytes | None]) -> Path:
    """The bundle with members replaced, added, or (None) taken out."""
    with zipfile.ZipFile(bundle) as old:
        members: dict[str, bytes | None] = {i.filename: old.read(i) for i in old.infolist()}
    members.update(change)
    path = bundle.with_name("changed.pgz")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            if content is not None:
                new.writestr(name, content)
    return path


def manifest_of(bundle: Path, **changes: object) -> bytes:
    with zipfile.ZipFile(bundle) as file:
        values = json.loads(file.read("manifest.json"))
    values.update(changes)
    return json.dumps(values).encode()


@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "/etc/evil", "maps/../../evil", "C:\\evil", "maps\\..\\evil", "c:evil"],
)
def test_rejects_paths_outside_the_archive(bundle: Path, name: str):
    with pytest.raises(UserError, match="points outside"):
        read_bundle(rewritten(bundle, {name: b"x"}))
    assert not list(bundle.parent.glob("**/evil*"))


def test_rejects_links(bundle: Path):
    path = rewritten(bundle, {})
    info = zipfile.ZipInfo("maps/link.ccp4")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(info, "/etc/passwd")
    with pytest.raises(UserError, match="is a link"):
        read_bundle(path)


def test_rejects_an_archive_that_unpacks_to_too_many_bytes(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
):
    path = rewritten(bundle, {"maps/true.ccp4": b"\0" * 5_000_000})
    monkeypatch.setattr(archive, "LARGEST_SUM", 4_000_000)
    with pytest.raises(UserError, match="unpacks to more bytes"):
        read_bundle(path)


def test_rejects_a_member_larger_than_its_declared_size(bundle: Path):
    path = rewritten(bundle, {"maps/true.ccp4": b"\0" * 5_000_000})
    content = bytearray(path.read_bytes())
    true_size, lie = struct.pack("<I", 5_000_000), struct.pack("<I", 1000)
    assert content.count(true_size) >= 2
    path.write_bytes(bytes(content).replace(true_size, lie))
    with pytest.raises(UserError, match="damaged"):
        read_bundle(path)


def test_rejects_too_many_entries_and_duplicate_names(bundle: Path):
    with pytest.raises(UserError, match="more than any bundle"):
        read_bundle(rewritten(bundle, {f"n{i}": b"" for i in range(300)}))
    path = rewritten(bundle, {})
    with (
        pytest.warns(UserWarning, match="Duplicate"),
        zipfile.ZipFile(path, "a") as file,
    ):
        file.writestr("manifest.json", b"{}")
    with pytest.raises(UserError, match="twice"):
        read_bundle(path)


def test_rejects_encrypted_entries(bundle: Path):
    content = bytearray(rewritten(bundle, {}).read_bytes())
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    path = bundle.with_name("locked.pgz")
    path.write_bytes(content)
    with pytest.raises(UserError, match="encrypted"):
        read_bundle(path)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"manifest.json": None}, "is a zip archive, not a prediction bundle"),
        ({"manifest.json": b"not json"}, "damaged manifest"),
        ({"manifest.json": b"[" * 100_000}, "damaged manifest"),
        ({"manifest.json": b"[1, 2]"}, "is a zip archive, not a prediction bundle"),
        ({"manifest.json": b'{"format": "other"}'}, "is a zip archive, not a prediction bundle"),
        ({"maps/true.ccp4": None}, "lacks maps/true.ccp4"),
        ({"maps/true.ccp4": b"rubbish" * 1000}, "true.ccp4 in changed.pgz"),
        ({"model.pdb": b"rubbish"}, "model.pdb in changed.pgz"),
        ({"amplitudes.mtz": b"MTZ rubbish"}, "amplitudes.mtz in changed.pgz"),
    ],
)
def test_reports_missing_and_damaged_members(
    bundle: Path, change: dict[str, bytes | None], word: str
):
    with pytest.raises(UserError, match=word) as error:
        read_bundle(rewritten(bundle, change))
    assert "\n" not in str(error.value)
    assert str(error.value).count("changed.pgz") == 1  # not one sentence within another


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"schema_version": 2}, "has an unknown bundle version"),
        ({"schema_version": None}, "has an unknown bundle version"),
        ({"cell": [1, 2, 3]}, "damaged manifest.json"),
        ({"cell": [0, 0, 0, 0, 0, 0]}, "the cell"),
        ({"cell": ["NaN"] * 6}, "damaged manifest.json"),
        ({"spacegroup": "Q 7"}, "space group Q 7"),
        ({"maps": [{"file": "x"}]}, "damaged manifest.json"),
        ({"maps": []}, "prediction without its map"),
        ({"model": "../../etc/passwd"}, "lacks"),
    ],
)
def test_reports_a_wrong_manifest(bundle: Path, changes: dict[str, object], word: str):
    with pytest.raises(UserError, match=word):
        read_bundle(rewritten(bundle, {"manifest.json": manifest_of(bundle, **changes)}))


def test_ignores_entries_of_later_versions(bundle: Path):
    content = manifest_of(bundle, atoms={"file": "atoms.pdb"})
    assert read_bundle(rewritten(bundle, {"manifest.json": content})).prediction is not None


@pytest.mark.parametrize("keep", [0, 3, 30, 1000, -30])
def test_reports_a_truncated_bundle(bundle: Path, keep: int):
    bundle.write_bytes(bundle.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"damaged|empty"):
        read_bundle(bundle)


def test_flipped_bits_raise_nothing_but_a_user_error(bundle: Path):
    good = bundle.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(40):
        content = bytearray(good)
        content[random.integers(len(good))] ^= 1 << random.integers(8)
        bundle.write_bytes(content)
        with contextlib.suppress(UserError):  # and no other error
            read_bundle(bundle)


def test_asks_to_unpack_a_bundle_that_was_packed(bundle: Path):
    packed = bundle.with_name("toy.pgz.gz")
    packed.write_bytes(gzip.compress(bundle.read_bytes()))
    with pytest.raises(UserError, match=r"^toy\.pgz\.gz is a packed bundle.*: unpack it and open"):
        read_bundle(packed)


def test_rejects_a_zip_that_is_no_bundle(tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("photo.txt", "x")
    path = tmp_path / "a.pgz"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(UserError, match="unpack it and open"):
        read_bundle(path)


def test_members_packed_by_lzma_are_refused_unread(bundle: Path, tmp_path: Path) -> None:
    """A damaged one may ask for gigabytes before it fails."""
    path = tmp_path / "lzma.pgz"
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(UserError, match="packed by another method"):
        read_bundle(path)


def test_indices_that_no_crystal_has_are_refused_at_once(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "wild.pgz"
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            content = bytearray(old.read(info))
            if info.filename == "amplitudes.mtz":
                content[80:84] = np.float32(1e9).tobytes()  # h of the first reflection
            new.writestr(info.filename, bytes(content))
    with pytest.raises(UserError, match="reflection indices beyond 2000"):
        read_bundle(path)


@pytest.mark.parametrize("value", [-np.inf, -1.0])
def test_amplitudes_that_are_infinite_or_negative_are_refused(
    bundle: Path, tmp_path: Path, value: float
) -> None:
    path = tmp_path / "wild.pgz"
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            content = bytearray(old.read(info))
            if info.filename == "amplitudes.mtz":
                content[92:96] = np.float32(value).tobytes()  # FP of the first reflection
            new.writestr(info.filename, bytes(content))
    with pytest.raises(UserError, match="no amplitudes"):
        read_bundle(path)
