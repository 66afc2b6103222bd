"""Files as strangers send them, made in memory."""

from __future__ import annotations

import io
import zipfile
import zlib

import pikepdf
from PIL import Image

SECRET = b"SIRI-MAHALI-NYUMBANI"  # stands for what a file tells beside its picture or sound


def jpeg(size: tuple[int, int] = (64, 32), *, orientation: int = 1) -> bytes:
    """A photo with a place, a camera's serial number and a remark; its left half is red."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    notes = Image.Exif()
    notes[0x0112] = orientation
    notes[0x010F] = SECRET.decode()
    place = notes.get_ifd(0x8825)
    place[1], place[2] = "S", (6.0, 10.0, 23.5)
    place[3], place[4] = "E", (35.0, 44.0, 18.25)
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=notes, comment=SECRET, quality=95)
    return out.getvalue()


def picture(format_: str, size: tuple[int, int] = (20, 10), mode: str = "RGB") -> bytes:
    """A plain picture of another format."""
    out = io.BytesIO()
    Image.new(mode, size).save(out, format_)
    return out.getvalue()


def pixel_bomb(side: int = 30_000) -> bytes:
    """A PNG of 100 KB that would fill gigabytes of memory as points."""
    packer, packed = zlib.compressobj(1), bytearray()
    for _ in range(side):
        packed += packer.compress(bytes(1 + side // 8))
    measure = side.to_bytes(4, "big") * 2 + b"\x01\x00\x00\x00\x00"
    parts = ((b"IHDR", measure), (b"IDAT", bytes(packed + packer.flush())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
        for name, body in parts
    )


def archive(depth: int = 1) -> bytes:
    """A ZIP of zeros within a ZIP."""
    data = bytes(1_000_000)
    for _ in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("x", data)
        data = out.getvalue()
    return data


def pdf(pages: int = 1) -> bytes:
    """A document of empty pages, written by hand: a library takes its time for so many."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    things = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%b]>>" % (pages, kids),
        *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * pages,
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, thing in enumerate(things, start=1):
        places.append(len(out))
        out += b"%d 0 obj%b endobj\n" % (number, thing)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(things) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        bytes(out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n" % (len(things) + 1, start))
        + b"%%EOF"
    )


def saved(document: pikepdf.Pdf) -> bytes:
    """The bytes of a document."""
    out = io.BytesIO()
    document.save(out, compress_streams=False)
    return out.getvalue()


def armed_pdf() -> bytes:
    """A document that acts when it is opened, carries a file, and tells who wrote it."""
    document = pikepdf.new()
    page = document.add_blank_page()
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=SECRET.decode())
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=SECRET.decode())
    document.Root.OpenAction = script
    document.Root.Names = pikepdf.Dictionary(
        JavaScript=pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String("a"), script]))
    )
    document.attachments["x.exe"] = SECRET
    document.docinfo["/Author"] = SECRET.decode()
    with document.open_metadata() as metadata:
        metadata["dc:creator"] = [SECRET.decode()]
    page.obj.AA = pikepdf.Dictionary(O=launch)
    rect = pikepdf.Array([0, 0, 9, 9])
    notes = [
        pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=kind, Rect=rect, A=launch)
        for kind in (pikepdf.Name.Link, pikepdf.Name.Screen, pikepdf.Name.Text)
    ]
    page.obj.Annots = pikepdf.Array([document.make_indirect(note) for note in notes])
    page.obj.Contents = document.make_stream(b"q 9 0 0 9 0 0 cm /P Do Q")
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=_photo(document)))
    return saved(document)


def _photo(document: pikepdf.Pdf) -> pikepdf.Object:
    stream = document.make_stream(b"")
    stream.write(jpeg(), filter=pikepdf.Name.DCTDecode)
    stream.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image})
    stream.Width, stream.Height, stream.BitsPerComponent = 64, 32, 8
    stream.ColorSpace = pikepdf.Name.DeviceRGB
    return stream


def packed_pdf(size: int) -> bytes:
    """A page whose drawing unpacks to so many bytes."""
    document = pikepdf.new()
    page = document.add_blank_page()
    stream = document.make_stream(b"")
    packer, out = zlib.compressobj(9), bytearray()
    for _ in range(size // 1_000_000):
        out += packer.compress(bytes(1_000_000))
    stream.write(bytes(out + packer.flush()), filter=pikepdf.Name.FlateDecode)
    page.obj.Contents = stream
    return saved(document)


# Sounds


def wav() -> bytes:
    measure = bytes.fromhex("0100010040 1f0000 803e0000 02001000".replace(" ", ""))
    parts = [(b"fmt ", measure), (b"LIST", b"INFO" + SECRET), (b"data", bytes(2000))]
    body = b"WAVE" + b"".join(n + len(p).to_bytes(4, "little") + p for n, p in parts)
    return b"RIFF" + len(body).to_bytes(4, "little") + body + SECRET


def amr() -> bytes:
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * 20


def aac() -> bytes:
    length = 100
    head = bytes([0xFF, 0xF1, 0x50, 0x80 | length >> 11, length >> 3 & 255, (length & 7) << 5, 0])
    return (head + bytes(length - 7)) * 20 + SECRET


def mp3() -> bytes:
    frame = b"\xff\xfb\x90\x00" + bytes(413)  # 128 kbit/s at 44.1 kHz
    tag = b"ID3\x04\x00\x00\x00\x00\x00\x40" + SECRET.ljust(64, b"\0")
    return tag + frame * 20 + b"TAG" + SECRET.ljust(125, b"\0")


def box(name: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + name + body


def mp4(handler: bytes = b"soun", brand: bytes = b"M4A ") -> bytes:
    times = bytes(4) + b"\xe0\x00\x00\x01" * 2
    media = box(b"mdhd", times + bytes(12)) + box(b"hdlr", bytes(8) + handler + bytes(12) + SECRET)
    track = box(b"trak", box(b"tkhd", times + bytes(72)) + box(b"mdia", media))
    place = box(b"udta", box(b"loci", SECRET))
    head = box(b"ftyp", brand + bytes(4)) + box(b"uuid", SECRET)
    movie = box(b"moov", box(b"mvhd", times + bytes(88)) + track + place)
    return head + movie + box(b"mdat", b"sauti" * 20)
