"""Reading and writing files: models, reflections, maps, bundles, data sets, settings."""
