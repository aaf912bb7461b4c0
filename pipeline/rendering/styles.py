"""Style folders and their templates: files of a project's `styles/` override the packaged ones.

A project's templates run in jinja's sandbox and in worker processes only, whose time and memory are limited.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pipeline.errors import PublishError, StyleError
from pipeline.model import Article, ArticleMeta

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment

_OWN_PAGES = ("check", "pack", "preview", "sending")
"""Folders that come from the package alone: pages that the main process renders, and scripts that browsers run."""
_MOST_BYTES = 20_000_000
_OVERRIDABLE = "sending/page.css"
"""The one file of these folders that a project may replace; it is no template."""


@dataclass(frozen=True, slots=True)
class Styles:
    """Folders of templates, style sheets, words and brand; the first that has a file wins."""

    folders: tuple[Path, ...]

    def path(self, name: str) -> Path:
        """Return the path of a style file.

        Raises:
            StyleError: The file does not exist, or is a link out of the project.
        """
        for folder in self.folders_of(name):
            if (folder / name).is_file():
                return path_inside(folder, name)
        raise StyleError("no such style file", source=f"styles/{name}", hint="remove what names it, or add the file")

    def folders_of(self, name: str) -> tuple[Path, ...]:
        """Return the folders that may hold a style file."""
        is_own = name.partition("/")[0] in _OWN_PAGES and name != _OVERRIDABLE
        return (packaged_styles(),) if is_own else self.folders

    def data(self, name: str) -> bytes:
        """Return the bytes of a style file.

        Raises:
            StyleError: It does not exist, is a link out of the project, or too large.
        """
        path = self.path(name)
        if path.stat().st_size > _MOST_BYTES:
            hint = "save it smaller; a logo is a drawing, or a picture of a few hundred pixels"
            raise StyleError(f"larger than {_MOST_BYTES // 1_000_000} MB", source=f"styles/{name}", hint=hint)
        return path.read_bytes()

    def text(self, name: str) -> str:
        try:
            return self.data(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise StyleError("not UTF-8", source=f"styles/{name}", hint="save it as UTF-8") from error

    def style_sheet(self, name: str) -> Markup:
        """Return a style sheet for a `<style>` element, which it cannot close."""
        return Markup(self.text(name).replace("</", "<\\/"))  # noqa: S704  # no markup is left in it

    def render(self, template: str, **values: object) -> str:
        """Render a template. Values are escaped unless they are `Markup`.

        Raises:
            StyleError: The template is missing, broken, uses an undefined name or what the sandbox forbids.
        """
        import jinja2

        folders = self.folders_of(template)
        try:
            return template_environment(folders).get_template(template).render(**values)
        except jinja2.TemplateNotFound as error:
            raise StyleError("no such template", source=f"styles/{error.name}") from error
        except jinja2.TemplateSyntaxError as error:
            raise StyleError(
                error.message or "not a template", source=f"styles/{error.name}", line=error.lineno
            ) from error
        except (PublishError, MemoryError):
            raise
        except Exception as error:  # a template may raise anything
            names = {"UndefinedError": "unknown name", "SecurityError": "a template may not do this"}
            name = type(error).__name__
            source, line = _failed_place(error, folders) or (f"styles/{template}", 0)
            raise StyleError(f"{names.get(name, name)}: {error}", source=source, line=line) from error


def _failed_place(error: BaseException, folders: tuple[Path, ...]) -> tuple[str, int] | None:
    """Return the template and the line at which rendering failed."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        path = frame.f_code.co_filename
        if folder := next((folder for folder in folders if path.startswith(str(folder))), None):
            return f"styles/{Path(path).relative_to(folder).as_posix()}", line
    return None


def path_inside(folder: Path, name: str) -> Path:
    """Return the path of a file or folder below a style folder.

    Raises:
        StyleError: It leads out of the project, also where the style folder itself is the link.
    """
    path = folder / name
    if not path.resolve().is_relative_to(folder.parent.resolve()):
        hint = "copy the file into the style folder"
        raise StyleError("a link that leads out of the project", source=f"styles/{name}", hint=hint)
    return path


def find_styles(project: Path) -> Styles:
    """Return the style folders of a project: its own first, then the packaged one."""
    return Styles(tuple(folder for folder in (project / "styles", packaged_styles()) if folder.is_dir()))


@cache
def packaged_styles() -> Path:
    inside = Path(__file__).parent.parent / "styles"
    # An editable install has no copy inside the package: hatch force-includes only into wheels.
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "styles"


def _template_source(styles: Styles, name: str) -> tuple[str, str, Callable[[], bool]] | None:
    """Return text and path of a template, and a test whether they are current; None for an unknown template.

    The test is for worker processes that run while styles are edited.
    """
    found = _template_file(styles, name)
    return found and (styles.text(name), str(found[0]), lambda: _template_file(styles, name) == found)


def _template_file(styles: Styles, name: str) -> tuple[Path, int, int] | None:
    """Return path, time in nanoseconds and size of a template."""
    if ".." in Path(name).parts or Path(name).is_absolute():
        return None
    path = next((each / name for each in styles.folders_of(name) if (each / name).is_file()), None)
    return None if path is None else (path, path.stat().st_mtime_ns, path.stat().st_size)


def _holder_of(obj: object, name: str) -> object:
    return obj.meta if isinstance(obj, Article | ArticleMeta) and not hasattr(obj, name) else obj


@cache
def template_environment(folders: tuple[Path, ...]) -> Environment:
    """Return the template environment of these folders, one per process."""
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from pipeline.rendering.words import Words  # late: words are style files

    is_own = folders == (packaged_styles(),)
    plain = (str, int, float, date, tuple, list, dict, Words)

    class TemplateEnvironment(ImmutableSandboxedEnvironment):
        """Looks up in the metadata what an article lacks: a template may say `front.authors`."""

        def getattr(self, obj: Any, attribute: str) -> Any:
            return super().getattr(_holder_of(obj, attribute), attribute)

        def getitem(self, obj: Any, argument: Any) -> Any:  # `selectattr` and `sort` come here
            return super().getitem(_holder_of(obj, argument), argument)

        def is_safe_callable(self, obj: Any) -> bool:
            """Allow macros and what jinja brings along, and the methods of plain values and words."""
            is_jinja = str(getattr(obj, "__module__", "")).startswith("jinja2.")
            if is_own or is_jinja or isinstance(getattr(obj, "__self__", None), plain):
                return True
            raise jinja2.exceptions.SecurityError(f"call {getattr(obj, '__name__', 'a value')}")

    return TemplateEnvironment(
        loader=jinja2.FunctionLoader(partial(_template_source, Styles(folders))),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
