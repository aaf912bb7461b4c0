"""E-books before foreign judges and readers: EPUBCheck, Ace, foliate-js, epub.js, Calibre, and pandoc beside them."""
