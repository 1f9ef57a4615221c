import pytest

import patterson_gui as pg
from patterson_gui.io.resources import resources_folder


@pytest.fixture(scope="module")
def shown(example, result):
    known = pg.open(pg.known_crystals_path())
    latent = pg.encode(known.material(0))
    return {
        "crystal": example,
        "amplitudes": example.amplitudes,
        "map": pg.patterson(example),
        "peaks": pg.patterson(example).peaks(n=20),
        "prediction": result.prediction,
        "result": result,
        "data set of crystals": known,
        "material": known.material(0),
        "latent": latent,
        "decoded": pg.decode(latent),
        "several decoded": pg.interpolate(latent, known.material(1), steps=2, progress=False),
    }


NAMES = (
    "crystal", "amplitudes", "map", "peaks", "prediction", "result", "data set of crystals",
    "material", "latent", "decoded", "several decoded",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_public_objects_have_a_short_repr(shown, name):
    text = repr(shown[name])
    assert len(text.splitlines()) <= 16
    assert max(map(len, text.splitlines())) <= 200
    assert "array(" not in text
    assert "gemmi." not in text


@pytest.mark.parametrize("name", NAMES)
def test_public_objects_have_an_html_display(shown, name):
    html = shown[name]._repr_html_()
    assert html.startswith(("<div>", "<table>"))
    assert html.count("<tr>") == html.count("</tr>") > 0
    assert len(html) < 100_000


@pytest.mark.parametrize("name", ["crystal", "map", "prediction", "result", "decoded"])
def test_shows_pictures_of_objects_with_a_density(shown, name):
    assert shown[name]._repr_html_().count("data:image/png;base64,") == 1


def test_a_data_set_of_proteins_shows_its_splits(tmp_path):
    path = tmp_path / "2.h5"
    pg.build_dataset(resources_folder() / "examples", path, preset="2", jobs=1, progress=False)
    data = pg.open(path)
    assert repr(data).startswith(f"<DataSet '2.h5': {len(data)} examples (")
    assert "dipeptide" in data._repr_html_()
