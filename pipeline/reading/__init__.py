"""Reading of Markdown sources into normalised articles: clean text, front matter, repairs, pandoc, blocks, outline."""
