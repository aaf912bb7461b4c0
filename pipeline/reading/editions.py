"""Edition planning: which articles each edition contains, and links between related articles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from pipeline.errors import offer
from pipeline.findings import Finding, make_finding
from pipeline.model import Article, ArticleMeta, Edition, Related, images
from pipeline.reading.programmes import programme_errors
from pipeline.registry import error_rule, note_rule, repair_rule
from pipeline.rendering.readability import lix, running_text, word_count


@dataclass(frozen=True, slots=True)
class EditionPlan:
    """The articles that an edition will hold, and the related articles that they name."""

    front: ArticleMeta
    metas: tuple[ArticleMeta, ...]
    related: Mapping[str, Related]  # Related articles of this project as they call themselves, by id

    @property
    def id(self) -> str:
        return self.front.id

    @property
    def all_metas(self) -> tuple[ArticleMeta, ...]:
        """The front's and those of the articles, once each: of a single article the same."""
        return tuple({meta.id: meta for meta in (self.front, *self.metas)}.values())

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(meta.source for meta in self.all_metas)


@dataclass(frozen=True, slots=True)
class ResolvedEditions:
    edition_plans: tuple[EditionPlan, ...]
    findings: tuple[Finding, ...]
    refused: tuple[ArticleMeta, ...]


def article_meta(article: Article, key: str) -> ArticleMeta:
    """Return the metadata of an article that planning needs, without its body.

    Args:
        key: The digest of all that the article says.
    """
    return ArticleMeta(
        article.id,
        article.source,
        article.meta,
        key,
        len(article.blocks),
        lix(tuple(running_text(article))),
        word_count(article),
        tuple(dict.fromkeys(image.picture.path for image in images(article))),
    )


def resolve_editions(
    articles: Iterable[ArticleMeta], ids: Mapping[str, str], formats: Collection[str]
) -> ResolvedEditions:
    """Plan one edition for each article by itself, and one for each list of articles.

    Args:
        articles: All that were read and not refused.
        ids: The id of every source of the project, by path; an edition may name a refused one.
        formats: The formats that are installed.
    """
    by_id = {article.id: article for article in articles}
    own = {article.id: Related(article.title, article.meta.address, id=article.id) for article in by_id.values()}
    findings: list[Finding] = []
    plans: list[EditionPlan] = []
    refused: list[ArticleMeta] = []
    for front in by_id.values():
        findings += _check_related(front, own)
        if errors := [*_check_formats(front, formats), *_edition_errors(front, by_id, ids)]:
            findings += errors
            refused.append(front)
            continue
        inside = tuple(by_id[id_] for id_ in front.meta.articles) if front.meta.is_edition else (front,)
        wanted = [entry.id for article in (front, *inside) for entry in article.meta.related]
        plans.append(EditionPlan(front, inside, {id_: own[id_] for id_ in wanted if id_ in own}))
    return ResolvedEditions(tuple(plans), tuple(findings), tuple(refused))


@error_rule(
    "format-unknown",
    "`formats:` names a format that is not installed.",
    "`formats: [pdf]`",
    "Use the formats that `publish --help` lists.",
)
def _check_formats(article: ArticleMeta, known: Collection[str]) -> Iterator[Finding]:
    for name in article.meta.formats:
        if name not in known:
            message = f"{name!r} is not a format, expected {', '.join(known)}"
            hint = suggest_id(name, known) or "without this key, an article is in every format"
            yield make_finding("format-unknown", article.source, article.meta.line_of("formats"), message, hint)


def build_edition(front: Article, articles: tuple[Article, ...], related: Mapping[str, Related]) -> Edition:
    """Return the edition of a plan, each related article under its own title and address."""
    front = _with_related(front, related)
    if not front.meta.is_edition:
        return Edition(front, (front,))
    return Edition(front, tuple(_with_related(article, related) for article in articles))


def suggest_id(name: str, names: Iterable[str]) -> str:
    pool = sorted(names)
    # By the whole path, and by the last part: most typing errors are in a folder or in a name.
    last = {id_.rpartition("/")[2]: id_ for id_ in pool}
    near = get_close_matches(name, pool, n=2)
    return offer(near or [last[part] for part in get_close_matches(name.rpartition("/")[2], last, n=2, cutoff=0.7)])


@error_rule(
    "article-unknown",
    "An edition or the command names an article that does not exist.",
    "`articles: [blog/sovn]` for `blog/soevn`",
    "Correct the id: a source's path below its folder, without suffix.",
)
@error_rule(
    "article-twice", "An edition lists an article twice.", "`articles: [blog/soevn, blog/soevn]`", "Remove one of them."
)
@error_rule(
    "article-draft",
    "An edition lists a draft.",
    "`articles: [blog/kladde]` where `kladde.md` says `draft: true`",
    "Publish the article first, make the edition a draft too, or take it off the list.",
)
@error_rule(
    "article-refused",
    "An edition lists an article that was refused.",
    "An article with a date that does not exist",
    "Correct that article.",
)
@error_rule(
    "edition-nested",
    "An edition lists an edition.",
    "`articles: [editions/foraar]`",
    "List that edition's articles instead.",
)
@error_rule(
    "edition-empty",
    "An edition, or a part of one, that lists no article.",
    "`articles: []`; `- part: Søvn` without `articles:` below it",
    "List ids of articles, or remove the part; without the key `articles` it is an article of its own.",
    aliases=("part-empty",),
)
def _edition_errors(front: ArticleMeta, by_id: Mapping[str, ArticleMeta], ids: Mapping[str, str]) -> Iterator[Finding]:
    if not front.meta.is_edition:
        return
    if not front.meta.listed:
        yield make_finding("edition-empty", front.source, 0, "it lists no article")
    yield from programme_errors(front)
    seen: set[str] = set()
    for listed in front.meta.listed:
        id_, meta, hint = listed.id, by_id[listed.id].meta if listed.id in by_id else None, ""
        is_twice = id_ in seen
        seen.add(id_)
        if is_twice:
            code, message = "article-twice", f"{id_!r} is listed twice"
        elif meta and meta.is_draft and not front.meta.is_draft:
            code, message = "article-draft", f"{id_!r} is a draft"
        elif meta and meta.is_edition:
            code, message = "edition-nested", f"{id_!r} is an edition itself"
        elif meta:
            continue
        elif id_ in ids.values():
            code, message = "article-refused", f"{id_!r} was refused"
        else:
            code, message = "article-unknown", f"there is no article {id_!r}"
            hint = suggest_id(id_, ids.values())
        yield make_finding(code, front.source, listed.line, message, hint)


@note_rule(
    "related-unknown",
    "A related article that is not among the sources; its web address is used.",
    "`related: [{slug: ryg}]` without `ryg.md`",
    "Correct the slug, if the article is one of this project.",
    group="whole",
)
@repair_rule(
    "related-title",
    "A related article is named by another title than its own; its own is shown.",
    "`title: Lændesmerter` for an article called “Ondt i lænden”",
    "Leave the title out.",
)
def _check_related(article: ArticleMeta, own: Mapping[str, Related]) -> Iterator[Finding]:
    for entry in article.meta.related:
        target = own.get(entry.id)
        if target is None:
            message = f"{entry.title or entry.address!r} is not a source here"
            yield make_finding("related-unknown", article.source, entry.line, message)
        elif entry.title and entry.title != target.title:
            message = f"{entry.title!r} is called {target.title!r}"
            yield make_finding("related-title", article.source, entry.line, message)


def _with_related(article: Article, own: Mapping[str, Related]) -> Article:
    entries = (own.get(entry.id, entry) for entry in article.meta.related)
    # One that has neither a title nor an article here that could lend it one is named by a finding, and left out.
    kept = tuple(entry for entry in entries if entry.title and entry.address and entry.id != article.id)
    return replace(article, meta=replace(article.meta, related=kept))
