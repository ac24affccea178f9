"""Hot loops over pixels and coded bytes: Python that Cython compiles where there is a compiler, else runs as it is."""
