"""A fourth format: plain web pages in `outputs/webpage/`, with pictures as wide as `[webpage] width_px`."""

from dataclasses import dataclass

from markupsafe import Markup

from pipeline.model import Edition, Picture, images
from pipeline.rendering.markup import MarkupRenderer, Placed
from pipeline.writers import Artifact, Job, Need, Written

summary, medium = "Write web pages (HTML).", "web"
facts_from = ()


@dataclass(frozen=True)
class Options:
    width_px: int = 800


def needs(edition: Edition, options: Options) -> tuple[Need, ...]:
    return tuple(Need(image.picture, options.width_px) for article in edition.chapters for image in images(article))


def write(edition: Edition, job: Job) -> Written:
    files: dict[str, Artifact] = {}

    def place(picture: Picture) -> Placed | None:
        if (made := job.pictures.get(Need(picture, job.options.width_px))) is None:
            return None
        name = f"pictures/{picture.sha256[:16]}{made.suffix}"
        files[name] = Artifact(name, made.data)
        return Placed("../" * edition.id.count("/") + name, made.width_px, made.height_px)

    front, renderer = edition.front, MarkupRenderer(job.words, place, medium=medium)
    title, hero = Markup("<h1>{}</h1>\n").format(front.title), renderer.blocks([front.hero] if front.hero else [])
    body = Markup("\n").join(renderer.article(article) for article in edition.chapters) + renderer.notes()
    head = Markup('<!DOCTYPE html>\n<html lang="{}"><meta charset="utf-8"><title>{}</title>\n')
    page = head.format(front.language, front.title) + title + hero + body
    return Written((Artifact(f"{edition.id}.html", page.encode()), *files.values()))
