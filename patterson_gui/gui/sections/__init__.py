"""The panel of sections: contour lines of planes through a map."""
