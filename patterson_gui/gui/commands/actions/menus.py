"""The menus of the main window: text, shortcut, icon and tooltip of every action in them."""

from PyQt6.QtGui import QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMainWindow, QMenu

from patterson_gui.app.solving.drawn_model import EXTENT_WORDS
from patterson_gui.gui.commands.actions.window_actions import WindowActions
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.io.viewers.scene import Viewer

_MNEMONICS = {Viewer.CHIMERAX: "&ChimeraX", Viewer.COOT: "C&oot", Viewer.PYMOL: "&PyMOL"}
ARRANGEMENTS = (
    ("auto", "As the window has room"),
    ("side by side", "Side by side"),
    ("one and two", "One large, two small"),
    ("stacked", "Below one another"),
)
THEMES = (("system", "Follow the system"), ("light", "Light"), ("dark", "Dark"))


def make_actions(window: QMainWindow) -> WindowActions:
    """Make all actions, and the menu bar with them."""
    actions = WindowActions(window)
    actions.keys.add_shared("run", "Predict or solve", "Ctrl+Return")
    actions.keys.add_shared("send", "Send to the program used last", "Ctrl+Shift+X")
    _make_file(actions)
    _make_edit(actions)
    _make_view(actions)
    _make_structure(actions)
    _make_predict(actions)
    _make_train(actions)
    _make_send(actions)
    _make_window(actions)
    _make_help(actions)
    return actions


def _menu(actions: WindowActions, title: str, *names: str) -> QMenu:
    menu = not_none(not_none(actions.window.menuBar()).addMenu(title))
    menu.setToolTipsVisible(True)
    _fill(actions, menu, *names)
    return menu


def _fill(actions: WindowActions, menu: QMenu, *names: str) -> None:
    """Put actions into a menu; "-" is a line."""
    for name in names:
        if name == "-":
            menu.addSeparator()
        else:
            menu.addAction(actions[name])


def _make_file(actions: WindowActions) -> None:
    add = actions.add
    add("open", "&Open…", key=QKeySequence.StandardKey.Open, icon_name="open",
        tip="Open a structure, reflections, a map or a bundle")  # fmt: skip
    add("add_layer", "Add to the &views…", key="Ctrl+Shift+O",
        tip="Draw a map or a model of a file over the open crystal")  # fmt: skip
    add("example", "Open the e&xample", tip="Two residues of a protein, alone in a P1 cell")
    add("measured_example", "Open measured &intensities of sucrose",
        tip="An example to solve: reflections to 0.73 Å without a model")  # fmt: skip
    add("save_bundle", "&Save everything as a bundle…", key=QKeySequence.StandardKey.Save,
        icon_name="save", tip="Crystal, maps, phases and figures in one .pgz file")  # fmt: skip
    add("open_session", "Open session…",
        tip="Open the files, the views and the predictions of a saved session")  # fmt: skip
    add("save_session", "Save session…",
        tip="Save which files are open, how they are shown, and the predictions")  # fmt: skip
    add("reopen_last", "&Reopen last", tip="Open what was open when the program was last closed")
    add("save_solution", "Save the s&olution…",
        tip="SHELX files, CIF, maps, PDB and MTZ for Coot, and a report, in a folder")  # fmt: skip
    add("save_patterson", "Save the &Patterson map…")
    add("save_predicted", "Save the pre&dicted map…")
    add("save_true", "Save the &true map…")
    add("save_phases", "Save p&hases (MTZ)…", tip="MTZ with FWT, PHWT and FOM, which Coot opens")
    add(
        "save_atoms",
        "Save the built &atoms…",
        tip="Atoms built into the predicted density, as PDB or mmCIF",
    )
    add("save_model", "Save the &model…")
    add("save_figures", "Save &figures…", tip="How good the prediction is, as JSON or CSV")
    add("save_peaks", "Save the p&eaks…")
    add("save_picture", "Save a p&icture…",
        tip="The views as PNG or TIFF, at any size, with their settings")  # fmt: skip
    add("save_plot", "Save a plo&t…", tip="The plot that is shown as SVG or PDF, with its data")
    add("save_turntable", "Save a tu&rntable…",
        tip="One turn of the views as GIF or MP4, with their settings")  # fmt: skip
    add("quit", "&Quit", key=QKeySequence.StandardKey.Quit)
    menu = _menu(actions, "&File", "open")
    actions.recent = not_none(menu.addMenu("Open &recent"))
    _fill(actions, menu, "add_layer", "reopen_last", "example", "measured_example", "-",
          "open_session", "save_session", "-", "save_bundle", "save_solution", "-",
          "save_patterson", "save_predicted", "save_true", "save_phases", "save_atoms",
          "save_model", "save_figures", "save_peaks", "-", "save_picture",
          "save_turntable", "save_plot", "-", "quit")  # fmt: skip


def _make_edit(actions: WindowActions) -> None:
    actions.add("copy_figures", "&Copy the figures", key="Ctrl+Shift+C",
                tip="How good the prediction is, as text")  # fmt: skip
    actions.add("copy_picture", "Copy the &picture", key="Ctrl+Alt+C")
    actions.add("undo", "&Undo", key=QKeySequence.StandardKey.Undo, icon_name="undo",
                tip="Undo the last change to the view or the model")  # fmt: skip
    actions.add("redo", "&Redo", key=QKeySequence.StandardKey.Redo, icon_name="redo",
                tip="Redo the change you undid last")  # fmt: skip
    actions.add("preferences", "P&references…", key="Ctrl+,", icon_name="settings",
                tip="Theme, views, prediction, files, keys")  # fmt: skip
    _menu(actions, "&Edit", "undo", "redo", "-", "copy_figures", "copy_picture", "-",
          "preferences")  # fmt: skip


def _make_view(actions: WindowActions) -> None:
    add = actions.add
    add("reset_view", "&Whole cell", key="Home", icon_name="home",
        tip="Show the whole cell")  # fmt: skip
    add("link_camera", "Link &cameras", checkable=True, icon_name="camera",
        tip="Rotate, move and zoom all views together")  # fmt: skip
    add("link_cursor", "Link c&ursors", checkable=True, icon_name="cursor",
        tip="Show the cursor at the same place in all views")  # fmt: skip
    add("link_levels", "Link &levels", checkable=True, icon_name="levels",
        tip="Contour the predicted and the true map at the same level, in rmsd")  # fmt: skip
    add("aligned", "Show &aligned to the truth", checkable=True,
        tip="Shift the predicted map onto the true one, where there is one")  # fmt: skip
    add("difference", "Show &predicted − true", checkable=True, key="Ctrl+Shift+M",
        tip="Show the aligned prediction minus the truth in place of the truth")  # fmt: skip
    add("correlation", "Colour by local c&orrelation", checkable=True,
        tip="Colour the prediction by its local correlation with the truth")  # fmt: skip
    add("blink", "&Blink two maps", checkable=True, key="B",
        tip="Show prediction and truth in turn, or an added map and that of its view")  # fmt: skip
    add("surfaces", "&Surfaces instead of chicken wire", checkable=True, key="Ctrl+T")
    add("level", "Contour le&vel…", key="Ctrl+L",
        tip="Drag or type the level of a map on the histogram of its values")  # fmt: skip
    add("sections", "S&ections", key="Ctrl+Shift+H",
        tip="Show sections of the map, Harker sections first")  # fmt: skip
    add("next_peak", "Ne&xt peak", key=".", tip="Go to the next peak in the table")
    add("previous_peak", "Previous pea&k", key=",", tip="Go to the previous peak in the table")
    menu = _menu(actions, "&View", "reset_view")
    _fill_part(actions, menu)
    _fill(actions, menu, "go_to", "level", "sections", "next_peak", "previous_peak", "-",
          "link_camera", "link_cursor", "link_levels", "-", "aligned", "difference", "correlation",
          "blink", "surfaces", "-")  # fmt: skip
    add(
        "show_solution",
        "Show the s&olution",
        tip="Show the model and the maps of the solution again",
    )
    add("show_hydrogens", "&Hydrogen atoms", checkable=True, tip="Draw the hydrogen atoms")
    atoms = not_none(menu.addMenu("At&oms of the solution"))
    atoms.setToolTipsVisible(True)
    for extent, words in EXTENT_WORDS.items():
        add(f"show_{extent}", words, checkable=True)
    add("around_atoms", "&Maps around the atoms only", checkable=True,
        tip="Draw the maps around the atoms that are shown, not in the whole cell")  # fmt: skip
    _fill(actions, atoms, *(f"show_{extent}" for extent in EXTENT_WORDS), "-", "show_hydrogens",
          "around_atoms")  # fmt: skip
    _fill(actions, menu, "show_solution", "-")
    arrange = not_none(menu.addMenu("Arran&ge the views"))
    choice = QActionGroup(actions.window)
    for value, words in ARRANGEMENTS:
        action = add(f"arrange_{value.replace(' ', '_')}", words, checkable=True)
        choice.addAction(action)
        arrange.addAction(action)
    theme = not_none(menu.addMenu("&Theme"))
    group = QActionGroup(actions.window)
    for value, words in THEMES:
        action = add(f"theme_{value}", words, checkable=True)
        group.addAction(action)
        theme.addAction(action)


def _fill_part(actions: WindowActions, menu: QMenu) -> None:
    """Points of view along axes, and the part of the crystal that is drawn."""
    add = actions.add
    along = not_none(menu.addMenu("Look &along"))
    for number, axis in enumerate(("a", "b", "c", "a*", "b*", "c*")):
        name = axis.replace("*", "_star")
        key = f"{'Shift+' if number > 2 else ''}Alt+{number % 3 + 1}"
        add(f"along_{name}", axis, key=key, tip=f"Look at the whole cell with {axis} towards you")
        along.addAction(actions[f"along_{name}"])
    part = not_none(menu.addMenu("&Part of the crystal"))
    part.setToolTipsVisible(True)
    add("bounds", "&Bounds…", tip="Choose the part that is drawn, from −1 to 2 along a, b and c")
    add("copies", "Symmetry &copies of the model", checkable=True,
        tip="Draw every copy of the model whose centre lies within the bounds")  # fmt: skip
    add("radius_smaller", "&Smaller radius", key="[",
        tip="Draw the maps only within a radius about the cursor, 15 Å at first")  # fmt: skip
    add("radius_larger", "&Larger radius", key="]",
        tip="A larger radius about the cursor; beyond 40 Å, everywhere in the bounds")  # fmt: skip
    add("slab_thinner", "&Thinner slab", key="{",
        tip="Draw only a slab about the middle of the view, 20 Å thick at first")  # fmt: skip
    add("slab_thicker", "Thic&ker slab", key="}",
        tip="A thicker slab; beyond 60 Å, everything is drawn")  # fmt: skip
    add("slab_nearer", "Slab to the &front", key="Ctrl+[",
        tip="Move the near and the far plane a quarter of the slab towards you")  # fmt: skip
    add("slab_farther", "Slab to the b&ack", key="Ctrl+]",
        tip="Move the near and the far plane a quarter of the slab away from you")  # fmt: skip
    add("whole_depth", "&Whole depth", tip="Draw everything again, without near and far planes")
    _fill(actions, part, "bounds", "copies", "-", "radius_smaller", "radius_larger", "-",
          "slab_thinner", "slab_thicker", "slab_nearer", "slab_farther", "whole_depth")  # fmt: skip
    add("go_to", "&Go to u, v, w…", key="Ctrl+G",
        tip="Put the cursor at fractional coordinates, in the middle of the views")  # fmt: skip


def _make_structure(actions: WindowActions) -> None:
    add = actions.add
    add("solve", "&Solve structure", icon_name="solve",
        tip="From measured intensities to a refined structure in its space group")  # fmt: skip
    add("solve_settings", "Solve s&ettings…", icon_name="settings",
        tip="Contents of the cell, space group, radiation, tries, hydrogen atoms")  # fmt: skip
    add("solve_folder", "Solve all data sets of a f&older…",
        tip="Many crystals at the same time, with a table of results")  # fmt: skip
    add("refine", "&Refine", key="Ctrl+R", tip="Refine the model against the data")
    add("fragment", "Choose a &fragment…", key="Ctrl+F", icon_name="fragment",
        tip="Take a few residues of the structure, alone in a P1 cell")  # fmt: skip
    add("whole", "Back to the &whole crystal", tip="Leave the fragment")
    add("truth", "&Compare with a model…", tip="Use a model as the truth for the open data")
    add("explore", "&Explore crystals…", key="Ctrl+E", icon_name="explore",
        tip="Encode crystals, move between them in latent space, and decode")  # fmt: skip
    _menu(
        actions,
        "&Structure",
        "solve",
        "solve_settings",
        "refine",
        "solve_folder",
        "-",
        "fragment",
        "whole",
        "-",
        "truth",
        "-",
        "explore",
    )


def _make_predict(actions: WindowActions) -> None:
    actions.add("predict", "&Predict density", icon_name="predict")
    actions.add("cancel", "&Stop", key="Ctrl+.",
                tip="Stop the prediction or the solution that is running")  # fmt: skip
    actions.add("networks", "&Networks…",
                tip="See how good each network is, and its layers; remove your own")  # fmt: skip
    actions.add("predict_settings", "Prediction &settings…", key="Ctrl+Alt+P", icon_name="settings",
                tip="Method, network, atoms, starts, seed, device, resolution")  # fmt: skip
    _menu(actions, "&Predict", "predict", "cancel", "-", "predict_settings", "networks")


def _make_train(actions: WindowActions) -> None:
    add = actions.add
    add("train", "&Train a network…", key="Ctrl+Shift+T", icon_name="train",
        tip="Train a network on a data set, or show the running training")  # fmt: skip
    add("resume_run", "&Resume a run…", tip="Continue a training that was stopped")
    add("pause_training", "&Pause the training")
    add("stop_training", "&Stop the training", tip="Write a checkpoint and stop")
    add("show_example", "Show the &validation example", checkable=True)
    add("dataset", "&Data set…", tip="Browse the examples of a data set")
    _menu(actions, "&Train", "train", "resume_run", "-", "pause_training", "stop_training",
          "show_example", "-", "dataset", "networks")  # fmt: skip


def _make_send(actions: WindowActions) -> None:
    add = actions.add
    for viewer in Viewer:
        add(f"send_{viewer}", f"Send to {_MNEMONICS[viewer]}",
            tip=f"Show maps and model in {viewer.label}, as they are shown here")  # fmt: skip
        add(f"fetch_{viewer}", viewer.label,
            tip=f"Open the model and the map from {viewer.label} here")  # fmt: skip
    add("live_link", "&Keep in sync", checkable=True,
        tip="Also send later changes to levels, styles and visibility")  # fmt: skip
    add("viewers", "Pro&grams and plugins…",
        tip="Set the paths of ChimeraX, Coot and PyMOL; install plugins in them")  # fmt: skip
    sends = [f"send_{viewer}" for viewer in Viewer]
    menu = _menu(actions, "Se&nd", *sends, "-", "live_link", "-")
    fetch = not_none(menu.addMenu("&Fetch from"))
    fetch.setToolTipsVisible(True)
    _fill(actions, fetch, *(f"fetch_{viewer}" for viewer in Viewer))
    _fill(actions, menu, "-", "viewers")
    actions.send = menu


def _make_window(actions: WindowActions) -> None:
    actions.add("full_screen", "&Full screen", key="F11", checkable=True)
    actions.add("console", "&Python console", key="Ctrl+Shift+P",
                tip="Python with the open crystal and its maps")  # fmt: skip
    actions.add("tables_at_side", "&Tables at the side", key="Ctrl+Shift+B", checkable=True,
                tip="Put peaks, vectors, sites and the other tables beside the views")  # fmt: skip
    actions.add("jobs", "&Jobs", key="Ctrl+J", tip="List running and finished jobs")
    actions.add("close_message", "Close the newest &message", key="Esc",
                tip="Close the message at the bottom; the log keeps it")  # fmt: skip
    actions.add("close_messages", "Close all m&essages", key="Shift+Esc",
                tip="Close all messages over the views; the log keeps them")  # fmt: skip
    actions.panels = _menu(actions, "&Window", "full_screen", "tables_at_side", "console", "-",
                           "jobs",
                           "close_message", "close_messages", "-")  # fmt: skip


def _make_help(actions: WindowActions) -> None:
    add = actions.add
    add("guide", "&Guide", key=QKeySequence.StandardKey.HelpContents,
        tip="The guide of the program, in your web browser; no network is needed")  # fmt: skip
    add("guide_tour", "Five-minute &tour")
    add("guide_solved", 'What "&solved" means')
    add("guide_glossary", "G&lossary")
    add("guide_commands", "&Command reference")
    add("guide_api", "&Python reference")
    add("find_command", "&Find a command…", key="Ctrl+K",
        tip="Find any command by its words, and run it")  # fmt: skip
    add("show_keys", "&Keys and mouse actions", key="H; ?",
        tip="Show all keys and mouse actions on a sheet over the window")  # fmt: skip
    add("hints", "Show &hints")
    add("doctor", "Check the &installation…",
        tip="Find what is missing or damaged, and how to fix it")  # fmt: skip
    add("about", "&About and how to cite")
    _menu(actions, "&Help", "guide", "guide_tour", "guide_solved", "guide_glossary", "-",
          "guide_commands", "guide_api", "-", "find_command", "show_keys", "hints", "doctor",
          "about")  # fmt: skip
