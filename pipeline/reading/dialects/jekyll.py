"""Jekyll: kramdown's attributes, tags of Liquid, and dates in the names of posts."""

from __future__ import annotations

import re

from pipeline.reading.dialects import Construct, Dialect, Page
from pipeline.reading.dialects.kramdown import read_attributes
from pipeline.reading.dialects.liquid import read_templates

_NOT_OTHERS = r"\A(?![\s\S]*^(?:sphinx|execute|launch_buttons|skip_render|public_dir):)"
_POST = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})-(?P<title>.+)")
_WORDS = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)"
"""By day it is the same date in the zone of the site."""
_STYLES = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "",
    "weekdate": "",
    "none": "/:categories/:title.html",
}


def _address(page: Page) -> str | None:
    """Return the path by the site's `permalink`. Source: Jekyll, permalinks.

    Categories are those of the folders above `_posts`. Of a post whose front matter names others, or another date,
    no address is confirmed.
    """
    style = page.settings.get("permalink", "date")
    pattern = _STYLES.get(style, style)
    post = _POST.fullmatch(page.stem)
    if post and "_posts" in page.below.parts:
        if _is_moved(page, post, pattern):
            return None
        folders = page.below.parts[: page.below.parts.index("_posts")]
        title = page.slug or post["title"]
        known = {
            ":categories": "/".join(folders), ":year": post["year"], ":month": f"{int(post['month']):02}",
            ":day": f"{int(post['day']):02}", ":title": title, ":slug": title.lower(),
            ":output_ext": ".html",
        }  # fmt: skip
        path = re.sub(r":[a-z_]+", lambda name: known.get(name[0], name[0]), pattern)
        return None if ":" in path or not path else re.sub(r"/{2,}", "/", path).lstrip("/")
    if any(part.startswith("_") for part in page.below.parts):
        return None  # a collection: its configuration says where it is shown
    is_folder = style == "pretty" or pattern.endswith("/")
    if page.stem.lower() in ("index", "readme"):
        return page.folder
    return f"{page.folder}{page.stem}" + ("/" if is_folder else ".html")


def _is_moved(page: Page, post: re.Match[str], pattern: str) -> bool:
    """Tell whether front matter, or a sign that Jekyll changes, may give a post another address than its file name."""
    day = f"{post['year']}-{int(post['month']):02}-{int(post['day']):02}"
    has_other_day = not re.fullmatch(
        rf"{day}(?:[T ][\d:.]+)?|{day}[T ](?:0[6-9]|1[0-7])[\d:.]* ?{_ZONE}", page.keys.get("date") or day
    )
    has_categories = "categories" in page.keys or "category" in page.keys
    return (
        (has_other_day and bool(re.search(r":(?:year|month|day)", pattern)))
        or (has_categories and ":categories" in pattern)
        or not _WORDS.fullmatch(page.slug or post["title"])
    )


DIALECT = Dialect(
    "jekyll",
    "Jekyll",
    files=("_posts", "_layouts"),
    # Jupyter Book and Hexo have a file of this name too.
    shared_files={"_config.yml": _NOT_OTHERS, "_config.yaml": _NOT_OTHERS},
    forms=r"\{%-?\s*(?:include|link|post_url|highlight|raw)\b|^\{:\s*[.#]|\|\s*(?:relative_url|absolute_url)\b",
    constructs=(
        Construct("attributes of kramdown ({: .class })", ("{:", "){.", "){ ."), read_attributes, 54),
        Construct("tags of Liquid ({% include %})", ("{%", "{{"), read_templates("Jekyll"), 22, is_everywhere=False),
    ),
    static_folders=(".", "docs"),
    address=_address,
    own_settings={"permalink": r"^permalink:\s*[\"']?([^\s\"'#]+)"},
)
