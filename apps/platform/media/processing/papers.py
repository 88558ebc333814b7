"""Papers: a smaller PDF where that saves something, a picture of the first page, and the text in them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from .reading import read_text_of_pdf
from .results import Prepared, Product
from .tools import is_there, run

# Below this saving a second file is not worth keeping.
WORTH_KEEPING = 0.95


def prepare_paper(path: Path, content_type: str) -> Prepared:
    """`compressed.pdf` when it is smaller, `text.txt` when there is text. Other papers stay as they are."""
    if content_type != "application/pdf":
        return Prepared()
    prepared = Prepared(products=read_text_of_pdf(path))
    prepared.products += _poster(path)
    smaller = path.with_name("compressed.pdf")
    if _compress(path, smaller) and smaller.stat().st_size < path.stat().st_size * WORTH_KEEPING:
        prepared.products.append(Product(smaller.name, smaller, content_type))
    return prepared


def _poster(source: Path) -> list[Product]:
    """`poster.webp`: the first page, because a browser's own viewer is not let into our pages."""
    drawn, target = source.with_name("first-page.png"), source.with_name("poster.webp")
    words = ["gs", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-q", "-sDEVICE=png16m", "-r110", "-dLastPage=1"]
    words += ["-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", f"-sOutputFile={drawn}", str(source)]
    if not is_there("gs") or run(*words, seconds=60) is None or not drawn.exists():
        return []
    try:
        with Image.open(drawn) as page:
            page.thumbnail((1280, 1280 * 4))
            page.save(target, "WEBP", quality=82)
            return [Product(target.name, target, "image/webp", page.width, page.height)]
    except (OSError, ValueError, Image.DecompressionBombError):  # the paper is still usable without
        return []


def _compress(source: Path, target: Path) -> bool:
    if is_there("gs"):
        words = ["gs", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-q", "-sDEVICE=pdfwrite", "-dPDFSETTINGS=/ebook"]
        return run(*words, f"-sOutputFile={target}", str(source), seconds=180) is not None and target.exists()
    if is_there("qpdf"):
        words = ["qpdf", "--object-streams=generate", "--recompress-flate", "--compression-level=9"]
        return run(*words, str(source), str(target), seconds=180) is not None
    return False
