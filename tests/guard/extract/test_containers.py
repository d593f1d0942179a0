"""Rows 43, 45 and 49: picture files of which every byte is accounted for, or that are refused."""

import base64
import zlib
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from guard.errors import TooLargeError, UnscreenableError
from guard.extract.base import Limits
from guard.extract.containers import inspect
from tests.guard.extract.heic import Item, box, built, extent, grid
from tests.guard.extract.pictures import chunk, drawn, saved, with_box, with_chunk, with_riff, with_segment

LIMITS = Limits()
PNG, JPEG, WEBP, GIF, AVIF = (drawn(fmt) for fmt in ("png", "jpeg", "webp", "gif", "avif"))
OTHER = drawn("jpeg", (8, 8))
FRAMES = [Image.effect_noise((24, 16), 20 + index).convert("RGB") for index in range(3)]


def animated(fmt: str, **options: object) -> bytes:
    return saved(FRAMES[0], fmt, save_all=True, append_images=FRAMES[1:], **options)


HONEST = [
    pytest.param(PNG, ("png", 1), id="PNG"),
    pytest.param(drawn("png", mode="RGBA"), ("png", 1), id="PNG with alpha"),
    pytest.param(drawn("png", mode="P"), ("png", 1), id="PNG with a palette"),
    pytest.param(with_chunk(PNG, b"iDOT", b"\0" * 28), ("png", 1), id="PNG of a Mac's screenshot"),
    pytest.param(with_chunk(PNG, b"pHYs", pack(">IIB", 2835, 2835, 1)), ("png", 1), id="PNG with resolution"),
    pytest.param(with_chunk(PNG, b"caBX", b"\0\0\0\x18jumb\0\0\0\x10jumdc2pa"), ("png", 1), id="PNG with content credentials"),
    pytest.param(JPEG, ("jpeg", 1), id="JPEG"),
    pytest.param(drawn("jpeg", progressive=True), ("jpeg", 1), id="JPEG, progressive"),
    pytest.param(drawn("jpeg", mode="CMYK"), ("jpeg", 1), id="JPEG, CMYK"),
    pytest.param(drawn("jpeg", mode="L"), ("jpeg", 1), id="JPEG, grey"),
    pytest.param(drawn("jpeg", restart_marker_rows=1), ("jpeg", 1), id="JPEG with restart markers"),
    pytest.param(drawn("jpeg", icc_profile=b"\0" * 200), ("jpeg", 1), id="JPEG with a colour profile"),
    pytest.param(with_segment(JPEG, 0xEB, b"JP\0\1\0\0\0\1\0\0\0\x10jumb\0\0\0\x08jumd"), ("jpeg", 1), id="JPEG with content credentials"),
    pytest.param(WEBP, ("webp", 1), id="WebP"),
    pytest.param(drawn("webp", lossless=True), ("webp", 1), id="WebP, lossless"),
    pytest.param(drawn("webp", mode="RGBA"), ("webp", 1), id="WebP with alpha"),
    pytest.param(with_riff(drawn("webp", mode="RGBA"), b"C2PA", b"jumbf"), ("webp", 1), id="WebP with content credentials"),
    pytest.param(animated("webp"), ("webp", 3), id="WebP, animated"),
    pytest.param(GIF, ("gif", 1), id="GIF"),
    pytest.param(animated("gif", loop=0), ("gif", 3), id="GIF, animated, looping"),
    pytest.param(animated("png"), ("png", 3), id="APNG"),
    pytest.param(animated("png", default_image=True), ("png", 3), id="APNG with a still picture of its own"),
    pytest.param(AVIF, ("avif", 1), id="AVIF"),
    pytest.param(drawn("avif", mode="RGBA"), ("avif", 1), id="AVIF with alpha"),
]


@pytest.mark.parametrize(("data", "expected"), HONEST)
def test_honest_files_pass_as_they_are(data: bytes, expected: tuple[str, int]) -> None:
    contents = inspect(data, "image", LIMITS)
    picture = contents.picture
    assert (picture.format, picture.frames) == expected
    assert (picture.where, picture.data, picture.width, picture.height) == ("image", data, 24, 16)
    assert contents.inner == ()


EXIF = Image.Exif()
EXIF[0x013B] = "Jane Roe"
INFO = PngInfo()
INFO.add_text("Title", "Jane Roe")
ZIPPED = PngInfo()
ZIPPED.add_itxt("Title", "Jane Roe", zip=True)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:title>Jane&#32;Roe</dc:title></x:xmpmeta>'
WITH_TEXT = [
    pytest.param(drawn("png", pnginfo=INFO), id="PNG tEXt"),
    pytest.param(drawn("png", pnginfo=ZIPPED), id="PNG iTXt, compressed"),
    pytest.param(with_chunk(PNG, b"zTXt", b"Title\0\0" + zlib.compress(b"Jane Roe")), id="PNG zTXt"),
    pytest.param(drawn("png", exif=EXIF), id="PNG Exif"),
    pytest.param(drawn("jpeg", exif=EXIF), id="JPEG Exif"),
    pytest.param(drawn("jpeg", comment=b"Jane Roe"), id="JPEG comment"),
    pytest.param(drawn("jpeg", xmp=XMP), id="JPEG XMP"),
    pytest.param(with_segment(JPEG, 0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0d\x1c\x02\x50\0\x08Jane Roe\0"), id="JPEG IPTC"),
    pytest.param(with_segment(JPEG, 0xE1, b"Exif\0\0" + "Jane Roe".encode("utf-16-le")), id="JPEG, UTF-16 of Windows"),
    pytest.param(drawn("webp", exif=EXIF), id="WebP Exif"),
    pytest.param(drawn("webp", xmp=XMP), id="WebP XMP"),
    pytest.param(drawn("gif", comment=b"Jane Roe"), id="GIF comment"),
    pytest.param(drawn("avif", exif=EXIF), id="AVIF Exif"),
    pytest.param(drawn("avif", xmp=XMP), id="AVIF XMP"),
]


@pytest.mark.parametrize("data", WITH_TEXT)
def test_text_in_a_file_is_taken_out_as_text(data: bytes) -> None:
    contents = inspect(data, "image", LIMITS)
    assert any("Jane Roe" in text.text and text.where.startswith("image.") for text in contents.texts)


PICTURE_XMP = b"<xmpGImg:image>" + base64.encodebytes(OTHER).replace(b"\n", b"&#xA;") + b"</xmpGImg:image>"
WITH_PICTURES = [
    pytest.param(with_segment(JPEG, 0xE1, b"Exif\0\0II*\0" + OTHER), id="Exif thumbnail"),
    pytest.param(with_segment(JPEG, 0xED, b"Photoshop 3.0\x008BIM\x04\x0c" + OTHER + b"8BIM"), id="Photoshop thumbnail"),
    pytest.param(with_segment(JPEG, 0xEB, b"JP\0\1\0\0\0\1\0\0\xff\xffjumbbidb" + OTHER), id="content credentials' thumbnail"),
    pytest.param(with_segment(JPEG, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PICTURE_XMP), id="XMP thumbnail in base64"),
    pytest.param(with_chunk(PNG, b"caBX", b"jumbbidb" + OTHER), id="PNG content credentials' thumbnail"),
    pytest.param(with_chunk(PNG, b"eXIf", b"II*\0" + OTHER), id="PNG Exif thumbnail"),
    pytest.param(with_chunk(PNG, b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PICTURE_XMP), id="PNG XMP thumbnail in base64"),
    pytest.param(with_riff(drawn("webp", mode="RGBA"), b"EXIF", b"II*\0" + OTHER), id="WebP Exif thumbnail"),
    pytest.param(with_segment(JPEG, 0xE2, b"MPF\0II*\0") + OTHER, id="MPF: a second view behind the first"),
    pytest.param(with_segment(JPEG, 0xE2, b"MPF\0II*\0") + b"\0" * 100 + OTHER + b"\0\0", id="MPF with padding"),
]


@pytest.mark.parametrize("data", WITH_PICTURES)
def test_pictures_in_a_file_are_taken_out_as_pictures(data: bytes) -> None:
    assert [(picture.format, picture.data) for picture in inspect(data, "image", LIMITS).inner] == [("jpeg", OTHER)]


def test_every_view_of_a_multi_picture_file_is_taken_out() -> None:
    assert [(picture.width, picture.height) for picture in inspect(animated("mpo"), "image", LIMITS).inner] == [(24, 16), (24, 16)]


def broken(png: bytes) -> bytes:
    return png[:-20] + bytes([png[-20] ^ 1]) + png[-19:]


REFUSED = [
    pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
    pytest.param(b"%PDF-1.7", id="PDF"),
    pytest.param(b"\0\0\0\x18ftypheic", id="HEIC"),
    pytest.param(b"II*\0", id="TIFF"),
    pytest.param(b"BM", id="BMP"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"hello", id="text"),
    *[
        pytest.param(data + b"x", id=f"{name} and a byte")
        for name, data in (("PNG", PNG), ("JPEG", JPEG), ("WebP", WEBP), ("GIF", GIF), ("AVIF", AVIF))
    ],
    *[
        pytest.param(data + b"PK\x03\x04zip", id=f"{name} and a zip")
        for name, data in (("PNG", PNG), ("JPEG", JPEG), ("WebP", WEBP), ("GIF", GIF))
    ],
    *[
        pytest.param(data + OTHER, id=f"{name} and a JPEG")
        for name, data in (("PNG", PNG), ("JPEG", JPEG), ("WebP", WEBP), ("GIF", GIF), ("AVIF", AVIF))
    ],
    *[
        pytest.param(data[:-1], id=f"{name} without its last byte")
        for name, data in (("PNG", PNG), ("JPEG", JPEG), ("WebP", WEBP), ("GIF", GIF), ("AVIF", AVIF))
    ],
    *[
        pytest.param(data[: len(data) // 2], id=f"half a {name}")
        for name, data in (("PNG", PNG), ("JPEG", JPEG), ("WebP", WEBP), ("GIF", GIF), ("AVIF", AVIF))
    ],
    pytest.param(with_chunk(PNG, b"prVW", b"x"), id="PNG with a private chunk"),
    pytest.param(with_chunk(PNG, b"ABCD", b"x"), id="PNG with a critical chunk"),
    pytest.param(with_chunk(PNG, b"bKGD", b"x" * 5000), id="PNG with an overlong harmless chunk"),
    pytest.param(with_chunk(PNG, b"fdAT", b"\0\0\0\1x"), id="PNG with frames nobody announced"),
    pytest.param(with_chunk(PNG, b"acTL", pack(">II", 2, 0)), id="PNG announcing frames it has not"),
    pytest.param(with_chunk(PNG, b"IHDR", pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)), id="PNG with two headers"),
    pytest.param(PNG[:-12] + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", b"") + PNG[-12:], id="PNG with image data in two places"),
    pytest.param(with_chunk(PNG, b"zTXt", b"a\0\0" + zlib.compress(b"x" * 2_000_000)), id="PNG text bomb"),
    pytest.param(broken(PNG), id="PNG with a wrong checksum"),
    pytest.param(with_segment(JPEG, 0xE5, b"secret"), id="JPEG with an unknown segment"),
    pytest.param(with_segment(JPEG, 0xE0, b"JFXX\0\x10" + OTHER), id="JPEG with a JFXX thumbnail"),
    pytest.param(with_segment(JPEG, 0xE0, b"JFIF\0\1\2\0\0\1\0\1\1\1abc"), id="JPEG with a raw thumbnail"),
    pytest.param(with_segment(JPEG, 0xE1, b"Exif\0\0II*\0" + OTHER[:-9]), id="JPEG with a cut thumbnail"),
    pytest.param(with_segment(JPEG, 0xE2, b"MPF\0II*\0") + b"movie", id="MPF and something else"),
    pytest.param(JPEG[:2] + b"\0" + JPEG[2:], id="JPEG with a byte between segments"),
    pytest.param(with_riff(WEBP, b"ABCD", b"x"), id="WebP with an unknown chunk"),
    pytest.param(with_riff(WEBP, b"VP8 ", WEBP[20:]), id="WebP with two images"),
    pytest.param(GIF[:-1] + b"\x21\x01\x0c" + b"\0" * 12 + b"\x04Jane\0;", id="GIF with text that is drawn"),
    pytest.param(GIF[:-1] + b"\x21\xff\x0bABCDEFGH123\x01x\0;", id="GIF with an unknown application"),
    pytest.param(GIF[:-1] + b"\x21\xff\x0bNETSCAPE2.0" + b"\x40" + b"x" * 64 + b"\0;", id="GIF with more than a loop count"),
    pytest.param(with_riff(WEBP, b"ALPH", b"secret"), id="WebP with alpha behind its image"),
    pytest.param(with_chunk(PNG, b"sPLT", b"a\0" + b"x" * 5000), id="PNG with an overlong palette"),
    pytest.param(with_box(AVIF, b"moov", b""), id="AVIF with a movie"),
    pytest.param(with_box(AVIF, b"free", b"x"), id="AVIF with something in free space"),
    pytest.param(with_box(AVIF, b"mdat", b"x"), id="AVIF with media of no item"),
    pytest.param(with_box(AVIF, b"uuid", b"x" * 16), id="AVIF with an unknown extension"),
]


@pytest.mark.parametrize("data", REFUSED)
def test_bytes_that_nobody_accounts_for_are_refused_and_named(data: bytes) -> None:
    with pytest.raises(UnscreenableError) as refused:
        inspect(data, "image[1]", LIMITS)
    assert (refused.value.where, refused.value.status) == ("image[1]", 400)


def bomb(width: int, height: int) -> bytes:
    head = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def av01(*to: tuple[bytes, list[int]], **more: object) -> Item:
    return Item(b"av01", b"coded", [extent(64, 64), *more.get("has", ())], list(to))  # type: ignore[misc]


DEPTH = (b"auxC", bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth\0")
SECOND_PICTURES = [
    pytest.param([av01(), av01()], id="a second one"),
    pytest.param([av01(), grid(1, 1, 64, 64, [3]), av01()], id="a grid beside the main picture"),
    pytest.param([av01(), av01((b"dimg", [3])), av01()], id="tiles of what is no grid"),
    pytest.param([av01(), av01((b"auxl", [1]), has=[DEPTH])], id="depth"),
    pytest.param([av01(), av01((b"auxl", [1]))], id="an auxiliary one that does not say what it is"),
    pytest.param([av01(), av01((b"thmb", [1]))], id="a thumbnail"),
]


@pytest.mark.parametrize("items", SECOND_PICTURES)
def test_an_avif_has_no_picture_that_its_decoder_does_not_show(items: list[Item]) -> None:
    assert inspect(built([av01()], brand=b"avif"), "image", LIMITS).picture.width == 64
    with pytest.raises(UnscreenableError, match=r"second|auxiliary|derived"):
        inspect(built(items, brand=b"avif"), "image", LIMITS)


def test_an_avif_that_says_twice_what_its_main_item_is_is_refused() -> None:
    with pytest.raises(UnscreenableError, match="twice"):
        inspect(built([av01()], brand=b"avif", more=box(b"pitm", bytes(4) + b"\0\1")), "image", LIMITS)


TOO_LARGE = [
    pytest.param(bomb(9000, 9000), Limits(), id="49: 81 megapixels in a few bytes"),
    pytest.param(bomb(2**31 - 1, 2**31 - 1), Limits(), id="49: as large as can be said"),
    pytest.param(animated("gif"), Limits(max_frames=2), id="45: too many frames"),
    pytest.param(animated("png"), Limits(max_pixels=24 * 16 * 2), id="45: too many pixels in all frames"),
]


@pytest.mark.parametrize(("data", "limits"), TOO_LARGE)
def test_what_is_too_large_is_refused_before_it_is_decoded(data: bytes, limits: Limits) -> None:
    with pytest.raises(TooLargeError) as refused:
        inspect(data, "image", limits)
    assert refused.value.where == "image"


@given(st.sampled_from([PNG, JPEG, WEBP, GIF, AVIF]), st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_no_bytes_put_anywhere_crash_a_parser(data: bytes, at: int, noise: bytes) -> None:
    at %= len(data)
    for mangled in (data[:at] + noise + data[at:], data[:at] + noise + data[at + len(noise) :]):
        try:
            contents = inspect(mangled, "image", LIMITS)
        except UnscreenableError:
            continue
        assert contents.picture.data == mangled


def test_a_file_full_of_pictures_is_too_large_and_soon_known_to_be() -> None:
    crowd = with_segment(JPEG, 0xE2, b"MPF\0II*\0") + OTHER * 2000
    with pytest.raises(TooLargeError):
        inspect(crowd, "image", LIMITS)
