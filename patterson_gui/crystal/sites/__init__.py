"""Sites of independent atoms: their symmetry, and their neighbours through symmetry."""
