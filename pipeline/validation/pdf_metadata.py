"""XMP metadata of a PDF: adds and removes claims of conformance to standards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from lxml.etree import _Element
    from pikepdf import Pdf

Standard: TypeAlias = Literal["ua-1", "ua-2"]
"""`ua-1`: PDF/UA-1 with PDF/A-2a, in PDF 1.7. `ua-2`: PDF/UA-2 with PDF/A-4, in PDF 2.0."""
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
_DESCRIPTION = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
_CLAIM_NAMESPACES = ("{http://www.aiim.org/pdfa/ns/", "{http://www.aiim.org/pdfua/ns/")
"""Prefixes of the namespaces of properties that claim a standard or describe such claims."""
_UA1_CLAIM = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>"""
# PDF/A-2 requires a description of properties outside its own schemas (ISO 19005-2, 6.6.2.3), here of PDF/UA's
# identification. WeasyPrint 70 can claim one of the two standards, not both.
_UA2_CLAIM = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="4" pdfaid:rev="2020"/>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="2" pdfuaid:rev="2024"/>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
</rdf:Description>
</rdf:RDF>"""
_CLAIMS = {"ua-1": _UA1_CLAIM, "ua-2": _UA2_CLAIM}


def claim_standards(pdf: Pdf, standard: Standard) -> None:
    """Claim a standard in a file by WeasyPrint, and state its language."""
    from lxml import etree

    metadata = etree.fromstring(pdf.Root.Metadata.read_bytes())
    if standard == "ua-2":
        _remove_claim_properties(metadata)
        # PDF/A-4 forbids the document information dictionary; the XMP metadata replace it (6.1.3).
        del pdf.trailer["/Info"]
    claims = etree.fromstring(_CLAIMS[standard].replace("{language}", str(pdf.Root.Lang)))
    next(metadata.iter(_RDF)).extend(list(claims))
    _write_metadata(pdf, metadata)


def remove_claims(data: bytes) -> bytes:
    import io

    import pikepdf
    from lxml import etree

    with pikepdf.open(io.BytesIO(data)) as pdf:
        metadata = etree.fromstring(pdf.Root.Metadata.read_bytes())
        _remove_claim_properties(metadata)
        _write_metadata(pdf, metadata)
        made = io.BytesIO()
        pdf.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return made.getvalue()


def _remove_claim_properties(metadata: _Element) -> None:
    """Remove the claims from the metadata, and the descriptions of their schemas."""
    from lxml import etree

    for description in list(metadata.iter(_DESCRIPTION)):
        names = [*description.attrib, *(kid.tag for kid in description)]
        if any(str(name).startswith(_CLAIM_NAMESPACES) for name in names):
            description.getparent().remove(description)
    etree.cleanup_namespaces(metadata)


def _write_metadata(pdf: Pdf, metadata: _Element) -> None:
    from lxml import etree
    from pikepdf import Name

    packet = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n%s\n<?xpacket end="w"?>'
    pdf.Root.Metadata = pdf.make_stream(
        packet % etree.tostring(metadata, encoding="utf-8"), Type=Name.Metadata, Subtype=Name.XML
    )
