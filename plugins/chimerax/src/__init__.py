"""patterson_gui in ChimeraX 1.5 and later: open .pgz files, and predict with patterson-gui.

Part of patterson_gui; licence GPL-3.0-or-later. Only `tool` imports Qt.
"""

from chimerax.core.toolshed import BundleAPI

TOOL = "Patterson maps"


class _PattersonAPI(BundleAPI):
    api_version = 1

    @staticmethod
    def initialize(session, bundle_info):
        """Add the menu once all tools are registered."""
        if session.ui.is_gui:
            from . import menu

            session.ui.triggers.add_handler("ready", lambda *_: menu.add(session))

    @staticmethod
    def finish(session, bundle_info):
        pass

    @staticmethod
    def register_command(bundle_info, command_info, logger):
        from . import cmd

        cmd.register(command_info.name, logger)

    @staticmethod
    def start_tool(session, bundle_info, tool_info):
        if tool_info.name != TOOL:
            return None
        from .tool import PattersonMaps

        return PattersonMaps(session, tool_info.name)

    @staticmethod
    def run_provider(session, name, mgr, **kw):
        from chimerax.open_command import OpenerInfo

        class Opener(OpenerInfo):
            def open(self, session, path, file_name, **kw):
                from .opening import open_bundle

                return open_bundle(session, path)

        return Opener()


bundle_api = _PattersonAPI()
