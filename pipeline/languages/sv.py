"""Swedish: its alphabet and dictionary."""

from pipeline.languages import Language

LANGUAGE = Language(after_z=("å", "äæ", "öø"), dictionaries="sv_SE")
