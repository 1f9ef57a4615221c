"""Files of the first version of each format open; files of a later version are refused."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.app.sessions.restore import read_restored
from patterson_gui.app.settings import SettingsStore
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.latents import read_latent
from patterson_gui.io.opening.materials import read_materials
from patterson_gui.io.resources import resources_folder
from patterson_gui.io.sessions.files import read_session
from patterson_gui.io.training.model_cards import read_card

FILES = Path(__file__).parent / "older_files"


def test_opens_the_first_bundles_with_their_prediction() -> None:
    contents = read_bundle(FILES / "bundle-1.pgz")
    crystal, prediction = contents.crystal, contents.prediction
    assert crystal.model is not None
    assert [cra.atom.name for cra in crystal.model[0].all()] == ["N", "CA", "C", "O", "CB"]
    assert crystal.cell.parameters == (9, 9, 9, 90, 90, 90)
    assert prediction is not None
    assert len(prediction.phases_deg) == len(prediction.amplitudes) == 61
    assert prediction.settings.iterations == 60
    assert prediction.has_hand
    assert contents.patterson is not None


def test_opens_the_first_data_sets_of_proteins_and_crystals() -> None:
    proteins = pg.open(FILES / "proteins-1.h5")
    assert len(proteins) == 3
    crystals = pg.open(FILES / "crystals-1.h5")
    assert len(crystals) == 2
    made = read_materials(FILES / "crystals-1.h5")
    assert {one.formula for one in made} == {"ClCs", "Fe"}


def test_reads_the_first_settings_and_ignores_entries_of_later_ones(tmp_path: Path) -> None:
    values = json.loads((FILES / "settings.json").read_text())
    (tmp_path / "settings.json").write_text(json.dumps(values | {"of_a_later_version": [1, 2]}))
    store = SettingsStore(tmp_path)
    assert store.note == ""
    assert (store.settings.theme, store.settings.link_levels) == ("dark", False)
    assert store.settings.recent_files == ["/data/a.mtz"]
    assert (store.settings.prediction.starts, store.settings.prediction.d_min) == (7, 1.5)


def test_opens_the_first_sessions_with_file_prediction_and_view() -> None:
    restored = read_restored(FILES / "session-1.pgsession")
    assert restored.problems == ()
    assert restored.opened is not None
    assert restored.opened.crystal.cell.parameters == (9, 9, 9, 90, 90, 90)
    ((part, prediction),) = restored.predictions
    assert (part.name, part.shown) == ("the first", True)
    assert len(prediction.phases_deg) == 61
    view = restored.session.view
    assert view.layers["true"].level == 3.25
    assert view.layers["true"].style == "surface"
    assert not view.link_cursor
    assert restored.session.window.cameras["true"].span == 12.0


def later_bundle(folder: Path) -> Path:
    path = folder / "a.pgz"
    with zipfile.ZipFile(FILES / "bundle-1.pgz") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                content = json.dumps(json.loads(content) | {"schema_version": 2}).encode()
            new.writestr(name, content)
    return path


def later_data_set(name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "a.h5"
        shutil.copy(FILES / name, path)
        with h5py.File(path, "r+") as file:
            file.attrs["schema_version"] = np.int64(99)
        return path

    return write


def later_json(content: dict[str, object], name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_text(json.dumps(content | {"schema_version": 99}))
        return path

    return write


SESSION = json.loads((FILES / "session-1.pgsession").read_text())
CARD = json.loads((resources_folder() / "models" / "peptides.json").read_text())


@pytest.mark.parametrize(
    ("write", "read", "said"),
    [
        (later_bundle, pg.open, r"unknown bundle version \(2; known: 1\): update"),
        (later_data_set("proteins-1.h5"), pg.open, "data set of version 99.*update the program"),
        (later_data_set("crystals-1.h5"), pg.open, "data set of version 99.*update the program"),
        (later_json(SESSION, "a.pgsession"), read_session, "newer version.*its version is 99"),
        (later_json(CARD, "a.json"), read_card, r"does not know \(99; known: 1\)"),
        (
            later_json({"format": "patterson_gui latent"}, "b.json"),
            read_latent,
            "its version, 99, is unknown",
        ),
    ],
)
def test_refuses_files_of_a_later_version_in_a_sentence(
    tmp_path: Path, write: Callable[[Path], Path], read: Callable[[Path], object], said: str
) -> None:
    with pytest.raises(pg.UserError, match=said) as error:
        read(write(tmp_path))
    assert "\n" not in str(error.value)
