"""How Sphinx builds the site: `./build.sh docs`."""

from __future__ import annotations

import shutil
from pathlib import Path

from polars_io_tools import __version__

project = "polars-io-tools-go"
author = "the authors of polars-io-tools-go"
release = version = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
html_theme = "furo"
html_title = f"{project} {version}"

myst_heading_anchors = 3
# Notebooks show what is committed in them, which tests compare with what they do.
nb_execution_mode = "off"
# A language that Pygments does not know would be a warning, and those fail the build.
suppress_warnings = ["misc.highlighting_failure"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
# Attributes of dataclasses are listed once, in the docstring.
napoleon_use_ivar = True

# Sphinx reads what is below its own folder.
_here = Path(__file__).parent
(_here / "notebooks").mkdir(exist_ok=True)
for _notebook in _here.parent.glob("examples/*.ipynb"):
    shutil.copy(_notebook, _here / "notebooks")
