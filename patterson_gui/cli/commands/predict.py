"""What each command does: reads, calls the floors below, writes, tells."""

import argparse
import contextlib
import json
import platform
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from patterson_gui import __version__
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import PredictionSettings
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.reflections.columns import ColumnChoice


def patterson_command(options: argparse.Namespace) -> None:
    """`patterson FILE -o P.ccp4 --peaks P.csv`."""
    from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson
    from patterson_gui.crystal.maps.peaks import find_peaks
    from patterson_gui.io.maps.ccp4 import write_map
    from patterson_gui.io.report.tables import write_peaks

    if options.b is not None and options.sharpen != "b_factor":
        raise UserError("--b is only used by --sharpen b_factor: give both or neither.")
    crystal = _open(options)
    if crystal.amplitudes is None:
        raise UserError(f"{options.input} holds no amplitudes to make a Patterson map from.")
    settings = PattersonSettings(
        d_min=options.d_min,
        remove_origin=options.remove_origin,
        sharpen=options.sharpen,
        spacing=options.spacing,
    )
    if options.b is not None:
        settings = replace(settings, b=options.b)
    density = patterson(crystal.amplitudes, settings)
    peaks = find_peaks(density, options.n_peaks, options.min_rmsd)
    write_map(options.output, density)
    tell(crystal.provenance)
    _tell_notes(crystal.notes)
    print(
        f"Patterson map: {density.spacegroup.xhm()}, "
        f"{' × '.join(map(str, density.shape))} points, to {density.d_min:.2f} Å, "
        f"rmsd {density.rmsd:.4g} {density.units} → {options.output}"
    )
    if options.peaks is not None:
        write_peaks(options.peaks, peaks, density)
        print(f"{len(peaks)} unique peaks → {options.peaks}")
    print("   height      rmsd        u       v       w   length/Å")
    for peak in peaks[:10]:
        u, v, w = peak.frac
        print(
            f"{peak.height:9.4g}  {peak.rmsd:8.1f}   {u:6.3f}  {v:6.3f}  {w:6.3f}   "
            f"{peak.length_A:8.2f}" + ("  origin" if peak.is_origin else "")
        )


def fragment_command(options: argparse.Namespace) -> None:
    """`fragment MODEL --residues A:10-11 -o EX.pgz`."""
    from patterson_gui.crystal.maps.patterson import patterson
    from patterson_gui.crystal.models.fragment import default_range, make_fragment
    from patterson_gui.crystal.models.residues import ResidueRange, parse_range
    from patterson_gui.io.bundle.pgz import write_bundle
    from patterson_gui.io.opening.models import read_model

    structure = read_model(options.input)
    edge = None if options.cell == "auto" else options.cell
    if options.residues is None:
        chosen = ResidueRange(*default_range(structure, edge))
    else:
        chosen = parse_range(options.residues)
    crystal = make_fragment(
        structure,
        chosen.chain,
        chosen.first,
        chosen.last,
        cell_edge=edge,
        margin=options.margin,
        b_iso=options.b,
        d_min=options.d_min,
    )
    if crystal.amplitudes is None:
        raise UserError("The fragment gave no amplitudes: choose a finer resolution.")
    write_bundle(options.output, crystal, patterson=patterson(crystal.amplitudes))
    print(crystal.provenance)
    print(f"→ {options.output}")


def predict_command(options: argparse.Namespace) -> None:
    """`predict INPUT -o DIR`."""
    from patterson_gui.api.prediction import predict_density
    from patterson_gui.api.prediction_result import PredictionResult
    from patterson_gui.cli.progress import progress_bar
    from patterson_gui.cli.results import print_result

    crystal = _open(options)
    if crystal.amplitudes is None:
        raise UserError(f"{options.input} holds no amplitudes to predict from.")
    truth = _own_truth(crystal)
    if options.truth is not None:
        truth = _with_truth(crystal, options.truth)
    settings = replace(method_settings(options), d_min=options.d_min, n_atoms=options.atoms_in_cell)
    # The output folder is made first: nobody should wait for a result that has no place.
    made = not options.output.exists()
    make_folder(options.output)
    try:
        with progress_bar("Predicting") as report:
            prediction = predict_density(crystal.amplitudes, crystal.composition, settings, report)
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                options.output.rmdir()
        raise
    result = PredictionResult.judged(prediction, crystal, truth)
    result.save(options.output)
    figures = result.figures
    if options.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        _tell_notes(crystal.notes)
        print_result(figures, prediction)
        print(f"→ {options.output}")


def info(options: argparse.Namespace) -> None:
    """`info`: what a bug report should hold."""
    import torch

    from patterson_gui.solve.device import device_names

    print(f"patterson-gui {__version__}")
    print(f"Python {platform.python_version()} on {platform.platform()}")
    for package in (
        "torch", "gemmi", "numpy", "scipy", "h5py", "PyQt6", "PyQt6-Qt6", "vispy", "pyqtgraph",
    ):  # fmt: skip
        try:
            print(f"{package} {version(package)}")
        except PackageNotFoundError:
            print(f"{package} not installed")
    print(f"devices: {', '.join(device_names())}; {torch.get_num_threads()} processor threads")
    if torch.cuda.is_available():
        print(f"GPU: {torch.cuda.get_device_name()}")
    print(f"OpenGL: {_opengl()}")


def first_light(options: argparse.Namespace) -> None:
    """`first-light --out DIR`: the whole path once, in the real window."""
    from patterson_gui.cli.results import print_figures
    from patterson_gui.cli.services import window_services
    from patterson_gui.gui.application import first_light as run_window

    make_folder(options.out)
    figures = run_window(window_services(), options.out)
    print_figures(figures)
    print(f"→ {options.out}")


def _opengl() -> str:
    """Asked of a process of its own: a display that does not answer ends a Qt program."""
    import subprocess

    try:
        answer = subprocess.run(
            [sys.executable, "-m", "patterson_gui.gui.rendering.opengl_info"],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "not available (no answer from the display)"
    return answer.stdout.strip() or "not available (no display, or no OpenGL on it)"


def _open(options: argparse.Namespace) -> Crystal:
    from patterson_gui.crystal.models.whole_cell import NoUnitCell
    from patterson_gui.io.opening.open import open_any

    column = None if options.column is None else _column(options.input, options.column)
    try:
        return open_any(options.input, column=column, box_if_no_cell=options.box)
    except NoUnitCell as error:
        raise UserError(f"{error} The option --box puts it into one.") from error


def method_settings(options: argparse.Namespace) -> PredictionSettings:
    """What `--method` and the options beside it say."""
    return PredictionSettings(
        method=options.method,
        model=options.model,
        atoms=options.atoms,
        starts=options.starts,
        iterations=options.iterations,
        seed=options.seed,
        device=options.device,
    )


def _column(path: Path, label: str) -> ColumnChoice:
    from patterson_gui.io.opening.reflections import list_columns

    choices = list_columns(path)
    for choice in choices:
        if choice.label == label:
            return choice
    offered = ", ".join(choice.label for choice in choices) or "none"
    raise UserError(
        f"{path} has no column '{label}' of amplitudes or intensities: it has {offered}."
    )


def _own_truth(crystal: Crystal) -> Crystal | None:
    """The crystal with what its file says of the truth: a model, or a density map."""
    if crystal.model is None and crystal.truth is None and crystal.opened_map is None:
        return None
    return replace(crystal, truth=crystal.truth or crystal.opened_map)


def _with_truth(crystal: Crystal, path: Path) -> Crystal:
    """The crystal with a model to be judged by. The amplitudes stay what they were."""
    from patterson_gui.crystal.comparison.truth import refuse_other_cell
    from patterson_gui.io.opening.models import read_model

    model = read_model(path)
    refuse_other_cell(model, crystal)
    return replace(crystal, model=model, truth=None)


def tell(sentence: str) -> None:
    """One line on standard error, beside what a pipe reads."""
    if sentence:
        print(sentence, file=sys.stderr)


def _tell_notes(notes: tuple[str, ...]) -> None:
    for note in notes:
        tell(f"Note: {note}")
