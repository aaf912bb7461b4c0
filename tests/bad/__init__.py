"""Bad input, built by code: what a clinic's many hands, or a hostile one, may lay into a project.

`table.CASES` has every case with what must become of it. `nox -s bad` publishes each in a project of its own, beside a
healthy article, and measures time and memory; the ordinary tests publish the quick ones together.
"""
