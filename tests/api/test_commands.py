"""Whatever the command line does is one call in Python."""

import argparse
import inspect
from collections.abc import Iterator

import pytest

import patterson_gui as pg
from patterson_gui.cli.parser import build_parser

# Commands whose function has another name than their last word.
FUNCTIONS = {"dataset build": "build_dataset", "dataset info": "open", "sites": "find_sites"}
# They show the window, draw its views and examine what it needs, of which `pg` knows nothing.
NEEDS_THE_WINDOW = {"first-light", "figure", "doctor"}
# Options that are not parameters of the function: what takes their place.
ELSEWHERE = {
    "input": "source", "inputs": "source", "folders": "sources", "files": "provenance",
    "column": "open(column=)", "box": "open(box=)",
    "n_peaks": "DensityMap.peaks(n=)", "min_rmsd": "DensityMap.peaks(min_rmsd=)",
    "peaks": "PeakTable.save", "output": "save", "map": "DecodedCrystal.density.save",
    "json": "figures", "plots": "Evaluation.save_plots",
    "length": "lengths", "changes": "settings",
    "estimate": "estimate_training", "find_lr": "find_learning_rate",
}  # fmt: skip
# The same for options of one command.
_PATTERSON = ("kind", "derivative", "native", "native_column", "d_min", "sharpen", "remove_origin")
ELSEWHERE_OF = {
    "phases": {"derivative": "derivatives"},
    "section": {
        **{name: f"patterson({name}=)" for name in _PATTERSON},
        "space_group": "harker_sections(spacegroup)", "harker": "harker_sections",
        "levels": "Section.contours(levels=)", "absolute": "Section.contours(levels=)",
        "no_negative": "Section.contours(levels=)", "scale": "Section.save(scale=)",
        "columns": "one Section.save for each",
    },
}  # fmt: skip


def commands(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, set[str]]]:
    """Every command with the names of its options."""
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not groups:
        yield " ".join(words), {action.dest for action in parser._actions} - {"help"}
    for group in groups:
        for name, below in group.choices.items():
            yield from commands(below, (*words, name))


COMMANDS = dict(commands(build_parser()))


def test_finds_the_commands_and_their_options():
    assert len(COMMANDS) >= 16
    assert "method" in COMMANDS["predict"]


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - NEEDS_THE_WINDOW))
def test_every_command_has_a_function_with_the_same_options(command):
    name = FUNCTIONS.get(command, command.split()[-1])
    assert name in pg.__all__
    takes = set(inspect.signature(getattr(pg, name)).parameters)
    missing = COMMANDS[command] - takes - {*ELSEWHERE, *ELSEWHERE_OF.get(command, ())}
    assert not missing, f"{name} has nothing for {missing}"
