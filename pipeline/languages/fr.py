"""French: the spaces before its marks."""

from pipeline.languages import Language

LANGUAGE = Language(spaces_marks=True)
