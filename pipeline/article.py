"""Former name of `pipeline.model`, kept for writers of other packages."""

from pipeline.model import *  # noqa: F403  # every public name, as before
