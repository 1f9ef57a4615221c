"""The 3D views of maps: picture, frame, overlay, linked cameras."""
