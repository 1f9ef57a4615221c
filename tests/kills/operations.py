"""What is killed: opening, predicting, solving, training, saving, data sets, screening, sessions.

Each operation works in a folder `place` with inputs, and returns what it has found. `prepare`
makes the inputs and, for most, the files of an earlier run with other results.
"""

import gzip
import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import gemmi

import patterson_gui as pg
from patterson_gui.api.solving.screen_sets import screen_sets
from patterson_gui.app.document.patterson_source import NATIVE
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.app.sessions.capture import Captured, Marks
from patterson_gui.app.sessions.restore import read_restored
from patterson_gui.app.sessions.sessions import write_captured
from patterson_gui.app.settings import SettingsStore
from patterson_gui.bridges.plugin_files import Copy
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.io.dataset_building import build_proteins
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.writers import models
from patterson_gui.io.models.writers.materials import write_materials
from patterson_gui.io.opening.materials import iterate_materials
from patterson_gui.io.screening.data_sets import find_sets
from patterson_gui.io.screening.table import row_of_figures
from patterson_gui.io.sessions.session import LayerPart, PredictionPart, Session, ViewPart
from patterson_gui.io.solution.report.figures import figures_of
from patterson_gui.io.solution.write import write_solution
from patterson_gui.io.training.model_cards import read_card
from patterson_gui.io.training.network_folders import keep_model
from patterson_gui.io.training.run_folder import RunFolder, read_metrics, read_preview
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.training.checkpoints import load_checkpoint
from patterson_gui.nets.training.loop import train
from tests.crystal.example_materials import hematite, rock_salt
from tests.io.small_proteins import write_protein
from tests.io.solved_crystals import made_solution
from tests.nets.toy_feed import ToyFeed

RESOURCES = Path(pg.__file__).parents[1] / "resources"


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes
    ----------
    prepare, run : called with the folder.
    inputs, outputs : patterns of the files and folders that are removed while it runs.
    refuse_damaged : raises if a file that `run` writes is there and is not whole.
    has_states : whether a file may also be whole in a state between the first and the last.
    """

    prepare: Callable[[Path], None]
    run: Callable[[Path], Any]
    refuse_damaged: Callable[[Path], None] = lambda place: None
    inputs: str = "in"
    outputs: str = "out"
    has_states: bool = False


# ---------------------------------------------------------------- open
def _prepare_open(place: Path) -> None:
    crystal = pg.example()
    plain = place / "plain"
    plain.mkdir()
    pg.predict(
        crystal, method="retrieval", starts=1, iterations=10, atoms=False, device="cpu",
        progress=False,
    ).save(plain)  # fmt: skip
    for name in ("patterson.ccp4", "phases.mtz", "prediction.pgz"):
        content = (plain / name).read_bytes()
        packed = name.endswith((".ccp4", ".mtz"))
        target = place / (f"{name}.gz" if packed else name)
        target.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    shutil.rmtree(plain)
    (place / "POSCAR").write_text(
        "salt\n1.0\n5.64 0 0\n0 5.64 0\n0 0 5.64\nNa Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"
    )
    shutil.copy(RESOURCES / "examples" / "1yjp.pdb", place / "1yjp.pdb")


def _open(place: Path) -> list[str]:
    found = []
    for path in sorted(p for p in place.iterdir() if p.is_file()):
        if path.name == "POSCAR":  # read by ASE, from a copy
            found += [str(len(material)) for material in iterate_materials(path)]
        else:
            found.append(repr(pg.open(path)).replace(str(place), ""))
    return found


# ---------------------------------------------------------------- predict and save
def _prediction(seed: int, atoms: bool = True) -> Any:
    return pg.predict(
        pg.example(), method="retrieval", starts=1, iterations=20, atoms=atoms, device="cpu",
        seed=seed, progress=False,
    )  # fmt: skip


def _prepare_predict(place: Path) -> None:
    _prediction(1).save(place / "out")


def _predict(place: Path) -> None:
    _prediction(0, atoms=False).save(place / "out")  # without the built atoms of the earlier one


def _refuse_damaged_results(place: Path) -> None:
    out = place / "out"
    for path in out.iterdir():
        if path.name.startswith("."):  # a temporary file
            continue
        if path.suffix == ".pgz":
            read_bundle(path)
        elif path.suffix == ".ccp4":
            gemmi.read_ccp4_map(str(path))
        elif path.suffix == ".mtz":
            gemmi.read_mtz_file(str(path))


# ---------------------------------------------------------------- solve
def _prepare_solve(place: Path) -> None:
    for ending in ("hkl", "ins"):
        shutil.copy(RESOURCES / "examples" / f"sucrose.{ending}", place)
    write_solution(place / "out", made_solution("P 1"), "sucrose")


def _solve(place: Path) -> str:
    solved = pg.solve(place / "sucrose.hkl", progress=False)
    solved.save(place / "out")
    return solved.verdict


# ---------------------------------------------------------------- train
def _train(place: Path) -> str:
    settings = TrainingSettings.model_validate(
        {
            "data": Path("toy.h5"), "output": place / "run", "network": "resunet1",
            "network_config": {"narrow": 2, "wide": 3, "blocks": 1}, "batch_size": 4,
            "epochs": 3, "validation_samples": 5, "learning_rate": 1e-2, "device": "cpu",
            "checkpoint_minutes": 1e-9,
        }
    )  # fmt: skip
    return train(settings, feed=ToyFeed()).reason


def _refuse_damaged_run(place: Path) -> None:
    folder = RunFolder(place / "run")
    if not folder.path.exists():
        return
    load_checkpoint(folder)
    if folder.metrics.exists():
        read_metrics(folder.metrics)
    if folder.preview.exists():
        read_preview(folder.preview)
    if folder.settings.exists():
        folder.read_settings()
    if folder.best.exists():
        _refuse_other_card(folder.best)


def _refuse_other_card(weights: Path) -> None:
    card = read_card(weights)
    if hashlib.sha256(weights.read_bytes()).hexdigest() != card.weights_sha256:
        raise ValueError("the card does not fit the weights")


# ---------------------------------------------------------------- save
def _prepare_save(place: Path) -> None:
    for seed in (1, 0):
        _prediction(seed).save(place / f"result{seed}")
    (place / "out").mkdir()
    _save_all(place, 1)
    (place / "out" / "settings.json").write_text('{"theme": "light"}')


def _save(place: Path) -> None:
    _save_all(place, 0)


def _save_all(place: Path, seed: int) -> None:
    out = place / "out"
    read = read_bundle(place / f"result{seed}" / "prediction.pgz")
    write_bundle(out / "a.pgz", read.crystal, prediction=read.prediction, patterson=read.patterson)
    assert read.prediction is not None
    assert read.prediction.model is not None
    write_map(out / "a.ccp4", read.prediction.density)
    models.write_model(out / "a.pdb", read.prediction.model)
    models.write_model(out / "a.cif", read.prediction.model)
    store = SettingsStore(out)
    store.settings.theme = "dark" if seed == 0 else "light"
    store.save()
    name = ("organic", "peptides")[seed]
    keep_model(RESOURCES / "models" / f"{name}.safetensors", out, "mine")


def _refuse_damaged_save(place: Path) -> None:
    _refuse_damaged_results(place)
    weights = place / "out" / "mine.safetensors"
    if weights.exists():
        _refuse_other_card(weights)
    store = SettingsStore(place / "out")
    if store.note:
        raise ValueError(store.note)


# ---------------------------------------------------------------- data sets
def _prepare_proteins(place: Path) -> None:
    (place / "in").mkdir()
    for i in range(5):
        names = ["ALA", "GLY", "SER", "VAL", "LEU"]
        write_protein(place / "in" / f"p{i}.pdb", names[i:] + names[:i])
    (place / "out").mkdir()
    shutil.copy(RESOURCES / "crystals" / "known.h5", place / "out" / "data.h5")


def _build_proteins(place: Path) -> str:
    build_proteins._FILES_OF_A_PART = 2
    built = pg.build_dataset(
        [place / "in"], place / "out" / "data.h5", "fragment", lengths=(2, 3), cell=30.0, jobs=1
    )
    return repr(built.rejected)


def _prepare_crystals(place: Path) -> None:
    (place / "in").mkdir()
    for name, material in (("a", rock_salt()), ("b", hematite())):
        write_materials(place / "in" / f"{name}.xyz", [material])
    (place / "out").mkdir()
    shutil.copy(RESOURCES / "crystals" / "known.h5", place / "out" / "data.h5")


def _build_crystals(place: Path) -> str:
    return repr(pg.build_dataset([place / "in"], place / "out" / "data.h5", "lattice").rejected)


# ---------------------------------------------------------------- screen
def _solve_one(
    path: Path, folder: Path, options: Mapping[str, Any], limit: float,
    cancelled: Callable[[], bool],
) -> dict[str, Any]:  # fmt: skip
    if path.stem == "bad":
        raise pg.UserError("bad.hkl has no cell: give it.")
    solution = made_solution("P 1" if options["seed"] else "P 1 21/n 1")
    write_solution(folder, solution, path.stem)
    return row_of_figures(figures_of(solution, path.stem)) | {"error": ""}


def _prepare_screen(place: Path) -> None:
    (place / "in").mkdir()
    for name in ("a", "b", "bad"):
        (place / "in" / f"{name}.hkl").write_text("   1   0   0    1.00    0.10\n")
    _screen_with(place, 1)


def _screen(place: Path) -> str:
    return _screen_with(place, 0)


def _screen_with(place: Path, seed: int) -> str:
    sets = find_sets(place / "in")
    return screen_sets(sets, place / "out", {"seed": seed}, jobs=1, solve_one=_solve_one).summary


# ---------------------------------------------------------------- plugins
def _plugin(place: Path, version: str) -> Copy:
    head = f'"""patterson_gui in PyMOL {version}."""\n'
    names = ("session.py", "unpack.py", "text.py", *(["old.py"] if version == "1" else []))
    shared = f"# A copy of plugins/common/ {version}\n"
    return Copy(
        place / "out" / "patterson_gui", {"__init__.py": head} | dict.fromkeys(names, shared)
    )


def _prepare_plugin(place: Path) -> None:
    _plugin(place, "1").write()
    (place / "out" / "patterson_gui" / "notes.txt").write_text("of the user")


def _install_plugin(place: Path) -> str:
    if _plugin(place, "2").state() == "foreign":
        raise pg.UserError("It is not our plugin.")
    _plugin(place, "2").write()
    return _plugin(place, "2").state()


# ---------------------------------------------------------------- session autosave
def _prepare_autosave(place: Path) -> None:
    shutil.copy(RESOURCES / "examples" / "first-light.pgz", place / "mine.pgz")
    for seed in range(3):
        prediction = _prediction(seed, atoms=False)
        crystal, found = prediction.crystal, prediction.prediction
        write_bundle(place / f"bundle{seed}", crystal, prediction=replace(found, seconds=0.0))
    (place / "out").mkdir()
    _write_session(place, (0, 1), "wire")


def _autosave(place: Path) -> None:
    _write_session(place, (1, 2), "surface")


def _write_session(place: Path, seeds: tuple[int, int], style: str) -> None:
    """A session of a file with two predictions, one of which the earlier session has too."""
    when = datetime(2026, 11, 30, tzinfo=UTC)
    names = {f"prediction-{seed:016x}.pgz": place / f"bundle{seed}" for seed in seeds}
    parts = Session(
        name="mine",
        saved=when,
        predictions=tuple(PredictionPart(name=n, time=when, bundle=n) for n in names),
        solution=f"solution-{seeds[1]:016x}",
        view=ViewPart(layers={"true": LayerPart.model_validate({"style": style})}),
    )

    def solution(folder: Path) -> None:
        folder.mkdir()
        shutil.copy(place / "mine.pgz", folder / "a.pgz")
        shutil.copy(place / "mine.pgz", folder / "b.pgz")

    bundles = {name: partial(_copy_bundle, source) for name, source in names.items()}
    captured = Captured(
        OpenRequest(place / "mine.pgz"), (), None, NATIVE, parts,
        bundles | {f"solution-{seeds[1]:016x}": solution},
    )  # fmt: skip
    with machine_faults_as_sentences():  # as a job does
        write_captured(place / "out" / "autosave-1.pgsession", captured, Marks())


def _copy_bundle(source: Path, path: Path) -> None:
    contents = read_bundle(source)
    write_bundle(path, contents.crystal, prediction=contents.prediction)


def _refuse_damaged_session(place: Path) -> None:
    """The session must be there and open with all its predictions and files."""
    path = place / "out" / "autosave-1.pgsession"
    restored = read_restored(path)
    if restored.problems or len(restored.predictions) != 2:
        raise ValueError(f"the session lacks something: {restored.problems}")
    if restored.solution is None or len(list(restored.solution.iterdir())) != 2:
        raise ValueError("the session lacks its solution")


OPERATIONS: dict[str, Operation] = {
    "open": Operation(_prepare_open, _open, inputs="*", outputs=""),
    "predict": Operation(_prepare_predict, _predict, _refuse_damaged_results, inputs=""),
    "solve": Operation(_prepare_solve, _solve, inputs="sucrose.*"),
    "train": Operation(
        lambda place: None, _train, _refuse_damaged_run, inputs="", outputs="run", has_states=True
    ),
    "save": Operation(_prepare_save, _save, _refuse_damaged_save, inputs="result*"),
    "dataset of proteins": Operation(_prepare_proteins, _build_proteins, has_states=True),
    "dataset of crystals": Operation(_prepare_crystals, _build_crystals),
    "first plugin": Operation(lambda place: None, _install_plugin, inputs=""),
    "newer plugin": Operation(_prepare_plugin, _install_plugin, inputs=""),
    "screen": Operation(_prepare_screen, _screen, has_states=True),
    "session autosave": Operation(
        _prepare_autosave, _autosave, _refuse_damaged_session, inputs="bundle2"
    ),
}
