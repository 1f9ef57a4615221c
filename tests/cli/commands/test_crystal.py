"""`crystal …` and `evaluate --kind crystal`, with the program's own weights."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest
from numpy.typing import NDArray

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.latent import DIMENSIONS
from patterson_gui.io.latents import read_latent, write_latent
from patterson_gui.io.models.writers.materials import write_materials
from patterson_gui.io.opening.materials import read_materials
from tests.crystal.example_materials import hematite, perovskite, rock_salt

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_networks_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(tmp_path / "none"))


@pytest.fixture
def salt(tmp_path: Path) -> Path:
    path = tmp_path / "Kochsalz, groß.cif"
    write_materials(path, [rock_salt()])
    return path


@pytest.fixture
def some(tmp_path: Path) -> Path:
    path = tmp_path / "some.extxyz"
    crystals = (rock_salt(), perovskite(), hematite())
    write_materials(path, [replace(m, split="test") for m in crystals])
    return path


@pytest.fixture
def latent(call: Call, salt: Path, tmp_path: Path) -> Path:
    path = tmp_path / "salt.json"
    assert call("crystal", "encode", salt, "-o", path).code == 0
    return path


def refused(answer: Any, why: str) -> None:
    """It ends with one sentence, and with nothing of Python's."""
    assert answer.code != 0
    assert why in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.strip().splitlines()) == 1


def distances(material: Material) -> NDArray[np.float64]:
    """Å, sorted, between all atoms of the cell, to the nearest copy, by gemmi."""
    cell = material.cell
    assert cell is not None
    places = [cell.orthogonalize(gemmi.Fractional(*f)) for f in material.frac]
    pairs = combinations(places, 2)
    return np.sort([cell.find_nearest_pbc_image(a, b, 0).dist() for a, b in pairs])


def test_encodes_and_decodes_a_crystal(call: Call, latent: Path, tmp_path: Path) -> None:
    stored = json.loads(latent.read_text(encoding="utf-8"))
    assert len(stored["vector"]) == DIMENSIONS
    assert stored["kind"] == "crystal"
    out, density = tmp_path / "out.cif", tmp_path / "d.ccp4"
    answer = call("crystal", "decode", latent, "-o", out, "--map", density)
    assert answer.code == 0
    assert "Cl4Na4: 8 atoms explain" in answer.out
    assert "Na⁺ Cl⁻" in answer.out
    assert "stable is not judged" in answer.out
    (found,) = read_materials(out)
    assert found.formula == "Cl4Na4"
    assert distances(found) == pytest.approx(distances(rock_salt()), abs=0.02)
    assert "300 numbers" in out.read_text(encoding="utf-8")
    ccp4 = gemmi.read_ccp4_map(str(density))
    # The first grid point is a corner; nothing is periodic, so that its sum is what is inside.
    assert ccp4.grid.shape == (30, 30, 30)
    assert float(np.sum(ccp4.grid.array)) / 27 == pytest.approx(4 * 28, rel=0.02)


@pytest.mark.parametrize("ending", ["pdb", "extxyz", "vasp"])
def test_decode_writes_other_formats(call: Call, latent: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out.{ending}"
    assert call("crystal", "decode", latent, "-o", out).code == 0
    (found,) = read_materials(out)
    assert found.formula == "Cl4Na4"


def test_segment_finds_atoms_and_elements_in_a_decoded_map(
    call: Call, some: Path, tmp_path: Path
) -> None:
    z, density, atoms = tmp_path / "z.json", tmp_path / "d.ccp4", tmp_path / "atoms.cif"
    assert call("crystal", "encode", some, "--entry", 2, "-o", z).code == 0
    assert call("crystal", "decode", z, "-o", tmp_path / "o.cif", "--map", density).code == 0
    answer = call("crystal", "segment", density, "-o", atoms)
    assert answer.code == 0
    assert "5 atoms: 3 O, 1 Ca, 1 Ti" in answer.out.replace("1 Ti, 1 Ca", "1 Ca, 1 Ti")
    (found,) = read_materials(atoms)
    assert found.formula == "CaO3Ti"
    titanium = found.positions[found.numbers == 22]
    oxygens = found.positions[found.numbers == 8]
    apart = np.linalg.norm(oxygens - titanium, axis=1)
    assert apart == pytest.approx([3.905 / 2] * 3, abs=0.1)


def test_encode_takes_an_entry_by_number_or_identifier(
    call: Call, some: Path, tmp_path: Path
) -> None:
    for entry in (3, "hematite"):
        answer = call("crystal", "encode", some, "--entry", entry, "-o", tmp_path / "z.json")
        assert answer.code == 0
        assert "hematite: 10 atoms as 300 numbers" in answer.out
    assert read_latent(tmp_path / "z.json").name == "Fe2O3 hematite"


def test_interpolate_starts_and_ends_at_the_two_crystals(
    call: Call, some: Path, latent: Path, tmp_path: Path
) -> None:
    other, out = tmp_path / "other.json", tmp_path / "way"
    assert call("crystal", "encode", some, "--entry", 2, "-o", other).code == 0
    answer = call("crystal", "interpolate", latent, other, "-o", out, "--steps", 3)
    assert answer.code == 0
    first, middle, last = (read_latent(out / f"step-{i}.json") for i in (1, 2, 3))
    assert np.array_equal(first.vector, read_latent(latent).vector)
    assert np.array_equal(last.vector, read_latent(other).vector)
    mean = (first.vector + last.vector) / 2
    assert middle.vector == pytest.approx(mean, abs=1e-6)
    assert (first.encoded, middle.encoded, last.encoded) == (True, False, True)
    for i, formula in ((1, "Cl4Na4"), (3, "CaO3Ti")):
        assert read_materials(out / f"step-{i}.cif")[0].formula == formula
    assert (out / "step-2.ccp4").is_file()


def test_interpolate_takes_files_of_crystals(
    call: Call, salt: Path, some: Path, tmp_path: Path
) -> None:
    out = tmp_path / "way"
    assert call("crystal", "interpolate", salt, some, "-o", out, "--steps", 2).code == 0
    assert read_materials(out / "step-1.cif")[0].formula == "Cl4Na4"


def test_sample_repeats_for_a_seed_and_stays_near_a_given_crystal(
    call: Call, latent: Path, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        words = ("-n", 2, "--seed", 4, "--around", latent, "--temperature", 0.5)
        answer = call("crystal", "sample", "-o", tmp_path / name, *words)
        assert answer.code == 0
        assert "density" in answer.out
    a, b = ((tmp_path / name / "sample-2.json").read_bytes() for name in ("a", "b"))
    assert a == b
    salt = read_latent(latent)
    step = read_latent(tmp_path / "a" / "sample-2.json").vector - salt.vector
    assert 0 < np.linalg.norm(step) < 0.5 * np.linalg.norm(salt.vector)


def test_sample_of_flat_cells_needs_little_memory(call: Call, tmp_path: Path) -> None:
    """Among the first 24 are cells so flat that they once asked for 169 GiB."""
    answer = call(
        "crystal", "sample", "-o", tmp_path / "s", "-n", 2, "--seed", 21, "--kind", "lattice"
    )
    assert answer.code == 0
    assert {p.name for p in (tmp_path / "s").glob("*.json")} == {"sample-1.json", "sample-2.json"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--entry", 4), "has no crystal number 4, only 3"),
        (("--entry", 0), "count from 1"),
        (("--entry", "quartz"), "has no crystal called 'quartz'"),
        (("--model", "peptides"), "no trained network called 'peptides'"),
        (("--model", "none.safetensors"), "none.json does not exist"),
    ],
)
def test_encode_refuses_wrong_entries_and_networks(
    call: Call, some: Path, tmp_path: Path, words: tuple[object, ...], why: str
) -> None:
    refused(call("crystal", "encode", some, "-o", tmp_path / "z.json", *words), why)
    assert not (tmp_path / "z.json").exists()


def test_every_crystal_command_refuses_a_wrong_file(
    call: Call, salt: Path, latent: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.cif"
    refused(call("crystal", "decode", salt, "-o", out), "does not hold a latent (it is not JSON)")
    refused(call("crystal", "decode", tmp_path / "absent.json", "-o", out), "does not exist")
    refused(call("crystal", "encode", latent, "-o", tmp_path / "z.json"), "salt.json")
    refused(call("crystal", "segment", salt, "-o", out), salt.name)
    refused(call("crystal", "decode", latent, "-o", tmp_path / "out.png"), "cannot be written")
    assert not out.exists()


def test_interpolate_refuses_latents_of_two_kinds_or_networks(
    call: Call, salt: Path, latent: Path, tmp_path: Path
) -> None:
    window, out = tmp_path / "window.json", tmp_path / "way"
    assert call("crystal", "encode", salt, "--kind", "lattice", "-o", window).code == 0
    refused(call("crystal", "interpolate", latent, window, "-o", out), "give two of the same kind")
    foreign = tmp_path / "foreign.json"
    write_latent(foreign, replace(read_latent(latent), network="elsewhere"))
    refused(call("crystal", "interpolate", latent, foreign, "-o", out), "different networks")
    refused(call("crystal", "decode", foreign, "-o", tmp_path / "o.cif"), "network 'elsewhere'")
    assert not out.exists()


def test_segment_finds_all_elements_only_in_the_cube(call: Call, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=(24, 24, 24)).astype(np.float32)
    grid = gemmi.FloatGrid(noise)
    grid.set_unit_cell(gemmi.UnitCell(8, 8, 8, 90, 90, 90))
    grid.spacegroup = gemmi.SpaceGroup("P 1")
    ccp4 = gemmi.Ccp4Map()
    ccp4.grid = grid
    ccp4.update_ccp4_header()
    ccp4.write_ccp4_map(str(tmp_path / "m.ccp4"))
    words = ("crystal", "segment", tmp_path / "m.ccp4", "-o", tmp_path / "a.cif")
    refused(call(*words, "--elements", "all"), "is not a cube of 10 Å")


def test_evaluate_reports_unit_cells_windows_and_samples(
    call: Call, some: Path, tmp_path: Path
) -> None:
    report = tmp_path / "out" / "R.json"
    words = ("evaluate", some, "--kind", "crystal", "--n", 3, "--seed", 0, "--json", report)
    answer = call(*words)
    assert answer.code == 0
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert figures["n"] == 3
    assert figures["kind"] == "crystal"
    assert figures["rejected"] == {}
    assert 0 < figures["reconstruction_mse_median"] < 0.006
    for way in ("decoded", "true_density"):
        found = figures[way]
        assert found["count_exact_fraction"] == 1
        assert found["element_exact_fraction"] == 1
        assert 0 <= found["position_median_A"] <= found["position_p80_A"]
        assert found["position_p80_A"] <= found["position_p95_A"] < 0.05
    assert sorted(case["atoms"] for case in figures["cases"]) == [5, 8, 10]
    assert figures["lattice"]["n"] == 1
    assert set(figures["generated"]) == {"prior", "around_known", "midpoints"}
    assert "3 unit cells: reconstruction MSE" in answer.out
    assert "Energies are not judged." in answer.out


def test_evaluate_reports_windows_alone_for_the_kind_lattice(
    call: Call, some: Path, tmp_path: Path
) -> None:
    report = tmp_path / "R.json"
    answer = call("evaluate", some, "--kind", "lattice", "--n", 1, "--seed", 0, "--json", report)
    assert answer.code == 0
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert figures["n"] == 1
    assert "lattice" not in figures
    assert figures["decoded"]["element_exact_fraction"] == 1
    assert figures["true_density"]["element_exact_fraction"] == 1


def test_evaluate_counts_the_crystals_it_rejects(call: Call, tmp_path: Path) -> None:
    wide = Material(np.array([[0.0, 0, 0], [12.0, 0, 0]]), np.array([11, 17]), 24 * np.eye(3))
    alone = Material(np.zeros((1, 3)), np.array([2]))
    path = tmp_path / "no.extxyz"
    write_materials(path, [wide, alone, rock_salt(cation=98)])
    answer = call("evaluate", path, "--kind", "crystal")
    refused(answer, "no.extxyz holds no crystal that can be encoded")
    for reason in ("the unit cell does not fit the cube", "no lattice", "beyond plutonium"):
        assert f"{reason} (1)" in answer.err


def test_evaluate_uses_only_crystals_of_the_split(call: Call, tmp_path: Path) -> None:
    path, report = tmp_path / "two.extxyz", tmp_path / "R.json"
    splits = ((rock_salt(), "train"), (perovskite(), "test"))
    write_materials(path, [replace(m, split=split) for m, split in splits])
    assert call("evaluate", path, "--kind", "crystal", "--json", report).code == 0
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert [case["name"] for case in figures["cases"]] == ["CaTiO3 perovskite"]
