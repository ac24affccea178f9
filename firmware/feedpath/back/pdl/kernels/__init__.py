"""Hot loops over pixels and coded bytes: Python that Cython compiles where there is a compiler, else runs as it is.

FEEDPATH_KERNELS=python in the environment runs them as Python even where they are compiled.
"""

import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader

if os.environ.get("FEEDPATH_KERNELS") == "python":
    for _folder in __path__:
        sys.path_importer_cache[_folder] = FileFinder(_folder, (SourceFileLoader, SOURCE_SUFFIXES))
