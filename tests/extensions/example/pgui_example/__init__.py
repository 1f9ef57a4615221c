"""An example of a package that extends patterson_gui."""
