"""German: its dictionary."""

from pipeline.languages import Language

LANGUAGE = Language(dictionaries="de_DE")
