"""The menu "Patterson"."""

MENU = ["Patterson"]


def add(session):
    """Add the entries to ChimeraX's menu bar."""
    from chimerax.core.commands import run

    window = session.ui.main_window

    def choose():
        from .tool import choose_bundle

        choose_bundle(session)

    def show_tool():
        run(session, 'ui tool show "Patterson maps"')

    def stop():
        run(session, "patterson cancel")

    for words, call in (
        ("Open Prediction...", choose),
        ("Maps and Prediction", show_tool),
        ("Stop the Prediction", stop),
    ):
        window.add_menu_entry(MENU, words, lambda *_, call=call: call())
