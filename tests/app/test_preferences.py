"""Preferences: every setting has its place, words and checks."""

import pytest

from patterson_gui.app.preferences import PAGES, REMEMBERED, all_preferences, changed
from patterson_gui.app.settings import PredictionChoices, Settings
from patterson_gui.errors import UserError

BY_PATH = {preference.path: preference for preference in all_preferences()}
# Chosen for one crystal, or beside the list of networks: in the dialog of the prediction settings.
IN_THE_PREDICTION_DIALOG = {"method", "model", "atoms", "n_atoms"}


def test_every_setting_is_on_a_page_or_known_to_be_elsewhere() -> None:
    shown = {path for path in BY_PATH if "." not in path}
    assert shown | set(REMEMBERED) | {"prediction"} == set(Settings.model_fields)
    assert not shown & set(REMEMBERED)
    prediction = {path.removeprefix("prediction.") for path in BY_PATH if "." in path}
    assert prediction | IN_THE_PREDICTION_DIALOG == set(PredictionChoices.model_fields)


@pytest.mark.parametrize("path", BY_PATH)
def test_every_preference_has_a_label_and_one_sentence_of_help(path: str) -> None:
    preference = BY_PATH[path]
    assert preference.label
    assert preference.help.endswith(".")
    assert preference.help.count(". ") == 0


@pytest.mark.parametrize("path", BY_PATH)
def test_the_default_is_one_of_the_choices(path: str) -> None:
    preference = BY_PATH[path]
    if preference.kind == "choice":
        for value, words in preference.choices:
            settings = Settings()
            preference.set(settings, value)
            assert preference.value(settings) == value
            assert words
        assert preference.value(Settings()) in [value for value, _ in preference.choices]


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("prediction.starts", "0", "Write a whole number from 1 to 100000, or leave it empty for"),
        ("prediction.starts", "many", "Write a whole number from 1 to 100000"),
        ("prediction.starts", "1e400", "Write a whole number"),
        ("prediction.d_min", "0.1", "Write a number from 0.2 to 10"),
        ("first_radius", "100", "Write a number from 4 to 40."),
        ("prediction.d_min", "nan", "Write a number"),
        ("prediction.seed", "", "Write a whole number from 0 to 2147483647."),
        ("last_folder", "/no such folder", "There is no folder /no such folder"),
        ("last_folder", "\0", "There is no folder"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(path: str, text: str, sentence: str) -> None:
    settings = Settings()
    with pytest.raises(UserError) as caught:
        BY_PATH[path].set_text(settings, text)
    assert str(caught.value).startswith(sentence)
    assert settings == Settings()


def test_an_empty_field_stands_for_automatic() -> None:
    settings = Settings()
    BY_PATH["prediction.starts"].set_text(settings, " 12 ")
    assert settings.prediction.starts == 12
    BY_PATH["prediction.starts"].set_text(settings, "")
    assert settings.prediction.starts is None


def test_tells_which_preferences_differ() -> None:
    before, after = Settings(), Settings()
    after.theme = "dark"
    after.prediction.seed = 3
    after.window_state = "AAAA"
    assert changed(before, after) == {"theme", "prediction.seed"}
    for path in ("theme", "prediction.seed"):
        BY_PATH[path].restore(after)
    assert changed(before, after) == set()


def test_pages_have_titles_of_their_own() -> None:
    titles = [page.title for page in PAGES]
    assert len(set(titles)) == len(titles)
