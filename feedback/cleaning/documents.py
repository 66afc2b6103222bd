"""PDF: rewritten with its pages alone; what acts, hides or tells of the writer is left out."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pikepdf

from . import Refusal

MOST_PAGES = 300
MOST_OBJECTS = 60_000
MOST_UNPACKED = 256 * 1024 * 1024  # bytes of all streams once decompressed
MOST_POINTS = 120_000_000  # of one picture in it
DEPTH = 60
# Left out wherever they stand: actions, scripts, attached files, forms' programs, notes.
DROPPED = (
    *("/OpenAction", "/AA", "/JS", "/JavaScript", "/EmbeddedFiles", "/EmbeddedFile", "/EF", "/AF"),
    *("/XFA", "/RichMediaContent", "/RichMediaSettings", "/Metadata", "/PieceInfo", "/Info"),
    *("/Collection", "/LastModified", "/URI", "/Launch"),
)
# What a document made to confuse a reader leads to, beside what the library says of it.
_ODD = (ValueError, TypeError, AttributeError)
# Annotations that play, open or carry something.
BAD_ANNOTATIONS = {
    *("/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D", "/Widget", "/Link"),
}


def clean(data: bytes) -> bytes:
    """The same pages in a new document. Refusal: damaged, locked, too-many-pages, too-heavy."""
    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            return _rewritten(document)
    except pikepdf.PasswordError as error:
        raise Refusal("locked") from error
    except Refusal:
        raise
    except (pikepdf.PdfError, LookupError, RuntimeError, *_ODD) as error:
        raise Refusal("damaged") from error


def _check(document: pikepdf.Pdf) -> None:
    if document.is_encrypted:
        raise Refusal("locked")
    if len(document.pages) > MOST_PAGES:
        raise Refusal("too-many-pages")
    if not document.pages:
        raise Refusal("damaged")
    if len(document.objects) > MOST_OBJECTS:
        raise Refusal("too-heavy")


def _rewritten(document: pikepdf.Pdf) -> bytes:
    _check(document)
    root = document.Root
    for name in ("/AcroForm", "/Names", "/Outlines", "/Threads", "/SpiderInfo", "/StructTreeRoot"):
        if name in root:
            del root[name]
    if "/Info" in document.trailer:
        del document.trailer["/Info"]
    left = MOST_UNPACKED
    for each in document.objects:
        _strip(each, DEPTH)
        if isinstance(each, pikepdf.Stream):
            left = _bounded(each, left)
            _strip_photo(each)
    for page in document.pages:
        _keep_harmless_notes(page.obj)
    out = io.BytesIO()
    document.remove_unreferenced_resources()
    document.save(
        out,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        deterministic_id=True,
        fix_metadata_version=False,
    )
    return out.getvalue()


def _strip(thing: Any, depth: int) -> None:
    """Leave the dropped entries out of a dictionary and of what stands in it directly."""
    if depth == 0:
        raise Refusal("too-heavy")
    if isinstance(thing, pikepdf.Array):
        inner = list(thing)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        for name in DROPPED:
            if name in thing:
                del thing[name]
        # An action; the "/A" of other things (a structure's attributes) is none.
        action = thing.get("/A")
        if isinstance(action, pikepdf.Dictionary) and "/S" in action:
            del thing["/A"]
        inner = [thing[name] for name in list(thing.keys())]
    else:
        return
    for each in inner:
        # What stands elsewhere in the file comes by itself.
        if isinstance(each, pikepdf.Object) and not each.is_indirect:
            _strip(each, depth - 1)


def _keep_harmless_notes(page: pikepdf.Object) -> None:
    notes = page.get("/Annots")
    if notes is None:
        return
    if not isinstance(notes, pikepdf.Array):
        del page["/Annots"]
        return
    whole = [note for note in notes if isinstance(note, pikepdf.Dictionary)]
    kept = [note for note in whole if note.get("/Subtype") not in BAD_ANNOTATIONS]
    page["/Annots"] = pikepdf.Array(kept)


def _filters(stream: pikepdf.Stream) -> list[str]:
    found = stream.get("/Filter")
    if found is None:
        return []
    return [str(f) for f in found] if isinstance(found, pikepdf.Array) else [str(found)]


def _bounded(stream: pikepdf.Stream, left: int) -> int:
    """What is left of the room for unpacked bytes after this stream."""
    if stream.get("/Subtype") == "/Image":
        points = int(stream.get("/Width", 0)) * int(stream.get("/Height", 0))
        if points > MOST_POINTS:
            raise Refusal("too-many-pixels")
    names = _filters(stream)
    packers = {"/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/ASCIIHexDecode", "/Fl"}
    if len(names) > 1 and sum(name in packers for name in names) > 1:
        raise Refusal("too-heavy")  # packed twice: no program writes that, a bomb does
    if names[:1] not in (["/FlateDecode"], ["/Fl"]):
        return left
    unpacker = zlib.decompressobj()
    pending = stream.read_raw_bytes()
    while pending:
        try:
            size = len(unpacker.decompress(pending, 1024 * 1024))
        except zlib.error:
            return left  # a reader shows what came before the fault, and no more
        left -= size
        if left < 0:
            raise Refusal("too-heavy")
        pending = unpacker.unconsumed_tail
    return left


def _strip_photo(stream: pikepdf.Stream) -> None:
    """A photo in a page keeps its points and loses the notes of the camera."""
    if _filters(stream) != ["/DCTDecode"]:
        return
    plain = without_notes(stream.read_raw_bytes())
    stream.write(plain, filter=pikepdf.Name.DCTDecode)


def without_notes(jpeg: bytes) -> bytes:
    """A JPEG without comments and application notes (places, previews), its points untouched."""
    if jpeg[:2] != b"\xff\xd8":
        raise Refusal("damaged")
    out, at = bytearray(b"\xff\xd8"), 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xDA:
            return bytes(out + jpeg[at:])
        length = 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        # 0xE0 and 0xEE say how colours are meant; 0xE1 to 0xEF and 0xFE else are notes.
        if not (0xE1 <= marker <= 0xEF and marker != 0xEE or marker == 0xFE):
            out += jpeg[at : at + length]
        at += length
    raise Refusal("damaged")
