"""Workbooks as Excel writes them, by hand, since nothing in the locks writes any."""

import zipfile
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
STYLES = '<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'  # the second is of moments


def write_workbook(path, **sheets):
    """Write sheets of cells: numbers, texts, booleans and moments."""
    numbered = list(enumerate(sheets, 1))
    links = "".join(_link(f"r{i}", "worksheet", f"worksheets/{i}.xml") for i, _ in numbered)
    named = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in numbered)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{SHEET}.worksheet+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET}.sheet.main+xml"/></Types>',
        "_rels/.rels": _join(_link("r0", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _join(links + _link("s", "styles", "styles.xml")),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{STYLES}</styleSheet>',
    }
    for i, name in numbered:
        lines = "".join(f"<row>{''.join(map(_write_cell, row))}</row>" for row in sheets[name])
        parts[f"xl/worksheets/{i}.xml"] = f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return str(path)


def _link(id, kind, target):
    return f'<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def _join(links):
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def _write_cell(cell):
    match cell:
        case None:
            return "<c/>"
        case bool():
            return f'<c t="b"><v>{int(cell)}</v></c>'
        case int() | float():
            return f"<c><v>{cell!r}</v></c>"
        case datetime():
            return f'<c s="1"><v>{(cell - datetime(1899, 12, 30)) / timedelta(days=1)}</v></c>'
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
