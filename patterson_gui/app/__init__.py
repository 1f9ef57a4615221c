"""The program without its window: open document, jobs, data sets, Explorer, training, settings.

Nothing here imports Qt, OpenGL or torch. Modules import at the top what they need; the only
exceptions are readers that load h5py (0.06 s), which the window does not need to start: they are
imported in the function that runs in the job.
"""
