import json

import gemmi
import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.crystal.materials import latent as ground
from patterson_gui.io.latents import read_latent
from patterson_gui.nets.inference.crystal_coder import load_coder


@pytest.fixture(scope="module")
def known():
    return pg.open(pg.known_crystals_path())


@pytest.fixture(scope="module")
def latent(known):
    return pg.encode(known.material(3))


def test_encode_gives_the_latent_of_the_network(known, latent):
    same = load_coder("crystal").encode(known.material(3))
    np.testing.assert_array_equal(latent.vector, same.vector)
    assert isinstance(latent, ground.Latent)


def test_decode_gives_back_the_encoded_atoms(known, latent):
    material = known.material(3)
    decoded = pg.decode(latent)
    assert decoded.material.formula == material.formula
    assert decoded.explained > 0.99
    # All distances within the cell, which do not depend on where it is put.
    distances = [
        np.sort(np.linalg.norm(m.positions[:, None] - m.positions, axis=-1), axis=None)
        for m in (decoded.material, material)
    ]
    if len(material) == 1:
        np.testing.assert_allclose(*distances, atol=0.02)
    volume = material.cell.volume
    assert decoded.material.cell.volume == pytest.approx(volume, rel=0.01)


def test_saves_and_reads_a_latent_with_all_digits(latent, tmp_path):
    latent.save(tmp_path / "z.json")
    np.testing.assert_array_equal(read_latent(tmp_path / "z.json").vector, latent.vector)
    assert json.loads((tmp_path / "z.json").read_text())["kind"] == "crystal"
    assert pg.decode(tmp_path / "z.json").latent.network == latent.network


def test_encodes_crystals_files_and_entries(known, tmp_path):
    from patterson_gui.io.models.writers.materials import write_materials

    materials = [known.material(i) for i in (0, 1)]
    path = tmp_path / "two.extxyz"
    write_materials(path, materials)
    first, second = (pg.encode(path, entry=i) for i in (1, 2))
    named = pg.encode(path, entry=materials[1].identifier)
    np.testing.assert_array_equal(named.vector, second.vector)
    np.testing.assert_array_equal(pg.encode(path).vector, first.vector)
    opened = pg.open(path)
    np.testing.assert_allclose(pg.encode(opened).vector, first.vector, atol=1e-3)
    with pytest.raises(pg.UserError, match="has no crystal called 'nothing'"):
        pg.encode(path, entry="nothing")


def test_interpolates_between_both_ends(known):
    ends = known.material(0), known.material(1)
    steps = pg.interpolate(*ends, steps=3, progress=False)
    np.testing.assert_array_equal(steps[0].latent.vector, pg.encode(ends[0]).vector)
    np.testing.assert_array_equal(steps[2].latent.vector, pg.encode(ends[1]).vector)
    middle = (steps[0].latent.vector + steps[2].latent.vector) / 2
    np.testing.assert_allclose(steps[1].latent.vector, middle, atol=1e-6)


def test_saves_several_crystals_with_densities_and_latents(known, tmp_path):
    steps = pg.interpolate(known.material(0), known.material(1), steps=2, progress=False)
    names: list[str] = []
    steps.save(tmp_path / "between", names.append)
    assert names == ["step-1", "step-2"]
    found = {path.name for path in (tmp_path / "between").iterdir()}
    assert {f"{name}.{ending}" for name in names for ending in ("cif", "ccp4", "json")} == found
    read = gemmi.read_ccp4_map(str(tmp_path / "between" / "step-1.ccp4"))
    np.testing.assert_array_equal(np.array(read.grid), steps[0].density.grid)


def test_samples_have_consecutive_seeds(latent):
    drawn = pg.sample(2, seed=5, around=latent, progress=False)
    assert [crystal.latent.name[:8] for crystal in drawn] == ["sample 5", "sample 6"]
    assert not drawn[0].latent.encoded
    assert np.linalg.norm(drawn[0].latent.vector - latent.vector) > 0


def test_refuses_latents_of_two_kinds(known, latent):
    window = pg.encode(known.material(3), kind="lattice")
    with pytest.raises(pg.UserError, match="give two of the same kind"):
        pg.interpolate(latent, window)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pg.encode("a.cif", kind="molecule"), "kind must be one of crystal, lattice"),
        (lambda: pg.sample(0), "n must be at least 1"),
        (lambda: pg.sample(1, temperature=0), "temperature must be larger than 0"),
        (lambda: pg.interpolate("a.cif", "b.cif", steps=1), "steps must be at least 2"),
        (lambda: pg.encode(pg.example()), "choose an ordered crystal with a small cell"),
        (lambda: pg.decode(5), "source must be the path"),
    ],
)
def test_refuses_wrong_arguments_in_one_sentence(call, words):
    with pytest.raises(pg.UserError, match=words):
        call()
