"""Files in and out: models, reflections, maps and the prediction bundle."""
