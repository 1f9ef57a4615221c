from pathlib import Path

import pytest

import patterson_gui as pg
from patterson_gui.io.datasets.proteins import DataSet
from patterson_gui.io.resources import resources_folder

MODELS = resources_folder() / "examples"


def test_builds_and_opens_a_data_set_of_proteins(tmp_path):
    built = pg.build_dataset(MODELS, tmp_path / "2.h5", preset="2", jobs=1, progress=False)
    data = pg.open(tmp_path / "2.h5")
    assert isinstance(data, DataSet)
    assert len(data) == sum(built.examples.values()) > 0
    assert data.settings.cell == (12, 12, 12, 90, 90, 90)


def test_stores_the_settings_in_the_data_set(tmp_path):
    pg.build_dataset(
        [MODELS], tmp_path / "f.h5", "fragment", lengths=(2, 3), cell=(20, 21, 22), d_min=2.0,
        b=15.0, seed=4, jobs=1, progress=False,
    )  # fmt: skip
    settings = pg.open(tmp_path / "f.h5").settings
    assert settings.lengths == (2, 3)
    assert settings.cell == (20, 21, 22, 90, 90, 90)
    assert (settings.d_min, settings.b_iso, settings.seed) == (2.0, 15.0, 4)


def test_names_a_data_set_of_crystals_after_its_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "salts.extxyz"
    from patterson_gui.io.models.writers.materials import write_materials

    known = pg.open(pg.known_crystals_path())
    write_materials(source, [known.material(i) for i in range(5)])
    built = pg.build_dataset(source, kind="lattice", windows=2, progress=False)
    assert built.path == Path("salts-lattice.h5")
    assert pg.open(built.path).settings.windows == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "protein"}, "kind must be one of dialanine"),
        ({"kind": "crystal", "d_min": 2.0}, "d_min is only used for data sets of proteins"),
        ({"windows": 3}, "windows is only used with the kind 'lattice'"),
        ({"preset": "3"}, "preset must be one of 1a, 1b, 2"),
        ({"preset": "2", "kind": "dialanine"}, "leave out the kind or the preset"),
        ({"cell": (1, 2)}, "cell must be one edge"),
        ({"d_min": -1.0}, "d_min: "),
    ],
)
def test_refuses_wrong_arguments_in_one_sentence(tmp_path, arguments, words):
    with pytest.raises(pg.UserError, match=words):
        pg.build_dataset(MODELS, tmp_path / "x.h5", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_requires_a_file_name_and_a_source(tmp_path):
    with pytest.raises(pg.UserError, match="needs a file name"):
        pg.build_dataset(MODELS)
    with pytest.raises(pg.UserError, match="There are no sources"):
        pg.build_dataset([], tmp_path / "x.h5")


@pytest.mark.parametrize("kind", ["dipeptide", "crystal"])
def test_refuses_a_seed_that_generators_do_not_take(tmp_path, kind):
    with pytest.raises(pg.UserError, match="seed must be at most 2147483647"):
        pg.build_dataset(tmp_path, tmp_path / "a.h5", kind=kind, seed=2**31)
