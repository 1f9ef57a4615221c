"""Return types of the public API, with `save` methods and HTML displays for notebooks."""
