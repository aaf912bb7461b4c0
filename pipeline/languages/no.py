"""Norwegian, in both its forms: its alphabet and dictionary."""

from pipeline.languages import Language

LANGUAGE = Language(after_z=("æä", "øö", "å"), dictionaries="nb_NO")
