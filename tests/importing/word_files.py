"""Makes Word files from their XML, so that each test says exactly what a file holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from html import escape

from PIL import Image

_SCHEMAS = "http://schemas.openxmlformats.org"
_OFFICE = f"{_SCHEMAS}/officeDocument/2006/relationships"
NAMESPACES = (
    f'xmlns:w="{_SCHEMAS}/wordprocessingml/2006/main" xmlns:r="{_OFFICE}" '
    f'xmlns:wp="{_SCHEMAS}/drawingml/2006/wordprocessingDrawing" xmlns:a="{_SCHEMAS}/drawingml/2006/main" '
    f'xmlns:pic="{_SCHEMAS}/drawingml/2006/picture" xmlns:m="{_SCHEMAS}/officeDocument/2006/math" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
_STYLES = {
    "Titel": "Title", "Undertitel": "Subtitle", "Forfatter": "Author", "Overskrift1": "heading 1",
    "Overskrift2": "heading 2", "Overskrift3": "heading 3", "Advarsel": "Advarsel", "SgLge": "Søg læge",
    "Ring112": "Ring 112", "DetVigtigste": "Det vigtigste", "Dosis": "Dosis", "FedAdvarsel": "Fed advarsel",
    "Citat": "Quote", "INDHOLD1": "toc 1", "Brdtekst": "Body Text", "Listeafsnit": "List Paragraph",
}  # fmt: skip
_NUMBERING = "".join(
    f'<w:abstractNum w:abstractNumId="{number}">'
    + "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="%{level + 1}."/></w:lvl>'
        for level in range(2)
    )
    + "</w:abstractNum>"
    for number, form in enumerate(("bullet", "decimal", "lowerLetter"))
) + "".join(f'<w:num w:numId="{at + 1}"><w:abstractNumId w:val="{at}"/></w:num>' for at in range(3))  # fmt: skip


def run(words: str, properties: str = "") -> str:
    """Return a run of words in a format such as `<w:b/>`."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(words)}</w:t></w:r>'


def sign(name: str) -> str:
    """Return a run of one sign, such as `tab` or `br`."""
    return f"<w:r><w:{name}/></w:r>"


def para(*runs: str, style: str = "", properties: str = "") -> str:
    """Return a paragraph; what is no XML is a run of words."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    inside = "".join(each if each.startswith("<") else run(each) for each in runs)
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{inside}</w:p>"


def item(words: str, number: int = 1, level: int = 0) -> str:
    """Return an item of a list: 1 with bullets, 2 with figures, 3 with letters."""
    return para(words, properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def cell(*blocks: str, span: int = 1, merge: str = "") -> str:
    """Return a cell; `merge` is `restart`, or `continue` for one that a cell above covers."""
    merged = f'<w:vMerge w:val="{merge}"/>' if merge else ""
    wide = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    inside = "".join(block if block.startswith("<") else para(block) for block in blocks) or "<w:p/>"
    return f"<w:tc><w:tcPr>{wide}{merged}</w:tcPr>{inside}</w:tc>"


def table(*rows: tuple[str, ...], heads: int = 1) -> str:
    """Return a table; what is no XML in a row is a cell with these words."""
    made = []
    for at, row in enumerate(rows):
        cells = "".join(each if each.startswith("<") else cell(each) for each in row)
        made.append(f"<w:tr><w:trPr>{'<w:tblHeader/>' if at < heads else ''}</w:trPr>{cells}</w:tr>")
    grid = '<w:gridCol w:w="2000"/>' * max(map(len, rows))
    look = f'<w:tblPr><w:tblLook w:firstRow="{min(heads, 1)}"/></w:tblPr>'
    return f"<w:tbl>{look}<w:tblGrid>{grid}</w:tblGrid>{''.join(made)}</w:tbl>"


def picture(alt: str, relation: str = "rIdPicture", link: str = "embed") -> str:
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Billede 1" descr="{escape(alt)}"/><a:graphic>'
        f'<a:graphicData uri="{_SCHEMAS}/drawingml/2006/picture"><pic:pic><pic:blipFill>'
        f'<a:blip r:{link}="{relation}"/></pic:blipFill>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def text_box(*blocks: str) -> str:
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><wp:docPr id="2" name="Boks"/>'
        '<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>'
        f"<wps:txbx><w:txbxContent>{''.join(blocks)}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic>"
        "</wp:inline></w:drawing></mc:Choice><mc:Fallback><w:pict/></mc:Fallback></mc:AlternateContent></w:r>"
    )


def changed(kind: str, *runs: str) -> str:
    """Return a tracked change: `ins`, `del`, `moveFrom` or `moveTo`."""
    inside = "".join(runs)
    if kind in ("del", "moveFrom"):
        inside = inside.replace("w:t>", "w:delText>").replace("<w:t ", "<w:delText ")
    return f'<w:{kind} w:id="7" w:author="Ida Prøvegaard" w:date="2026-03-02T10:00:00Z">{inside}</w:{kind}>'


def commented(number: int, *runs: str) -> str:
    return (
        f'<w:commentRangeStart w:id="{number}"/>{"".join(runs)}<w:commentRangeEnd w:id="{number}"/>'
        f'<w:r><w:commentReference w:id="{number}"/></w:r>'
    )


def note(number: int, kind: str = "footnote") -> str:
    return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'


def link(relation: str, words: str) -> str:
    return f'<w:hyperlink r:id="{relation}">{run(words)}</w:hyperlink>'


def png(width: int = 40, height: int = 30) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(data, "PNG")
    return data.getvalue()


def notes_part(kind: str, notes: Mapping[int, str]) -> str:
    """Return `footnotes.xml`, `endnotes.xml` or `comments.xml`."""
    inside = "".join(
        f'<w:{kind} w:id="{number}" w:author="Ida Prøvegaard">{blocks}</w:{kind}>' for number, blocks in notes.items()
    )
    return f"<w:{kind}s {NAMESPACES}>{inside}</w:{kind}s>"


def word_file(
    *blocks: str, parts: Mapping[str, str | bytes] | None = None, relations: str = "", properties: str = ""
) -> bytes:
    """Return a Word file.

    Args:
        parts: Further parts by name, or others in the place of those it has.
        relations: Further relations of the text.
        properties: Inside of `docProps/core.xml`.
    """
    known = {"comments": "comments", "footnotes": "footnotes", "endnotes": "endnotes", "styles": "styles",
             "numbering": "numbering"}  # fmt: skip
    listed = "".join(
        f'<Relationship Id="rId{kind}" Type="{_OFFICE}/{kind}" Target="{target}.xml"/>'
        for kind, target in known.items()
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in _STYLES.items()
    )
    package = f"{_SCHEMAS}/package/2006"
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{''.join(blocks)}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {NAMESPACES}>{styles}</w:styles>",
        "word/numbering.xml": f"<w:numbering {NAMESPACES}>{_NUMBERING}</w:numbering>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">{listed}'
        f'<Relationship Id="rIdPicture" Type="{_OFFICE}/image" Target="media/image1.png"/>{relations}</Relationships>',
        "word/media/image1.png": png(),
        "docProps/core.xml": '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        f"{properties}</cp:coreProperties>",
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (files | dict(parts or {})).items():
            archive.writestr(name, part)
    return data.getvalue()


def external(key: str, kind: str, target: str) -> str:
    """Return a relation that leads out of the file."""
    return f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{escape(target)}" TargetMode="External"/>'
