"""What a PDF says of itself: title, language, dates, and the standards it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pikepdf import Pdf

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
_UA_CLAIM = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
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
# PDF/A-2 allows properties outside its own schemas only where the file describes them (ISO 19005-2, 6.6.2.3):
# hence the description of PDF/UA's identification. WeasyPrint 70 can claim one of the two standards, not both.


def claim_accessibility(pdf: Pdf) -> None:
    """State PDF/UA-1 beside the standard that the file claims already, and its language."""
    from lxml import etree
    from pikepdf import Name

    metadata = etree.fromstring(pdf.Root.Metadata.read_bytes())
    claims = etree.fromstring(_UA_CLAIM.replace("{language}", str(pdf.Root.Lang)))
    rdf = next(metadata.iter(_RDF))
    rdf.extend(list(claims))
    packet = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n%s\n<?xpacket end="w"?>'
    pdf.Root.Metadata = pdf.make_stream(
        packet % etree.tostring(metadata, encoding="utf-8"), Type=Name.Metadata, Subtype=Name.XML
    )
