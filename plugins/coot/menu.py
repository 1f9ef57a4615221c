"""The menu "Patterson"."""

import os
import tempfile

from .coot_functions import call, coot_function, path_for_coot, show_status
from .dialogs import call_every, choose_file, guarded, has_gtk2, show_dialog
from .molecules import molecule_name, scene_in_coot
from .pgz import unpack
from .prediction import NOT_FOUND, Prediction, find_patterson_gui
from .state import STATE
from .text import BundleError, stem_of

# The installer sets this: the path of patterson-gui.
PROGRAM = ""


def open_bundle(path):
    """Show a bundle; sentences about it go to the status bar."""
    scene = unpack(path, tempfile.mkdtemp(prefix="patterson_gui-"))
    result = scene_in_coot().show(scene)
    for sentence in result["refused"]:
        show_dialog(sentence)
    for line in [scene["provenance"], scene["verdict"]] + scene["notes"]:
        if line:
            show_status(line)
    return scene


def choose_bundle():
    choose_file("Open a prediction", open_bundle)


def active_model():
    """The number of the model at the centre of the view, else of the last one displayed."""
    for name in ("active_residue_py", "active_residue"):
        function = coot_function(name)
        if function is not None:
            found = function()
            if found:
                return found[0]
            break
    models = [
        number
        for number in range(call("graphics_n_molecules"))
        if call("is_valid_model_molecule", number) and call("mol_is_displayed", number)
    ]
    if not models:
        raise BundleError("There is no model to predict from: open one first.")
    return models[-1]


def predict_active():
    """Predict the density of the molecule at the centre from its amplitudes alone."""
    if getattr(STATE, "prediction", None) is not None:
        raise BundleError("A prediction is running: wait for it, or stop it in the menu Patterson.")
    command = find_patterson_gui(PROGRAM)
    if command is None:
        raise BundleError(NOT_FOUND)
    number = active_model()
    folder = tempfile.mkdtemp(prefix="patterson_gui-")
    source = os.path.join(folder, stem_of(molecule_name(number), "molecule") + ".pdb")
    call("write_pdb_file", number, path_for_coot(source))
    if not os.path.isfile(source):
        raise BundleError("Coot could not write the molecule: check that the disk has free space.")
    running = Prediction(command, source, folder)
    STATE.prediction = running
    show_status("Predicting from %s ..." % os.path.basename(molecule_name(number)))

    def show_when_ended():
        if not running.ended():
            return True
        STATE.prediction = None
        guarded(lambda: open_bundle(running.result()))()
        return False

    call_every(500, show_when_ended)


def stop_prediction():
    running = getattr(STATE, "prediction", None)
    if running is None:
        raise BundleError("No prediction is running.")
    running.cancel()


def reset_levels():
    if not scene_in_coot().molecules:
        raise BundleError("Nothing was sent from patterson_gui yet: send a scene first.")
    scene_in_coot().reset()


def close_scene():
    if not scene_in_coot().close():
        raise BundleError("Nothing from patterson_gui is open, so there is nothing to close.")


def about():
    listener = getattr(STATE, "listener", None)
    can_send = listener is not None and not listener.stopping
    show_dialog(
        "patterson_gui finds electron density and atoms from a Patterson map. This menu opens its "
        "predictions (.pgz). The window %s send to this Coot." % ("can" if can_send else "cannot")
    )


MENU = (
    ("Open prediction...", choose_bundle),
    ("Predict from this molecule...", predict_active),
    ("Stop the prediction", stop_prediction),
    ("Reset levels", reset_levels),
    ("Close what was sent", close_scene),
    ("About", about),
)


def make_menu():
    """The menu "Patterson"."""
    if has_gtk2():
        menu = call("coot_menubar_menu", "Patterson")
        for label, function in MENU:
            call("add_simple_coot_menu_menuitem", menu, label, guarded(function))
        return
    import coot_gui

    menu = coot_gui.attach_module_menu_button("Patterson")
    for place, (label, function) in enumerate(MENU):
        name = "patterson_gui_%d" % place
        coot_gui.add_simple_action_to_menu(menu, label, name, guarded(function))
