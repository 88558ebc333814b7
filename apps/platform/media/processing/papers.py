"""Papers: a smaller PDF where that saves something, and the text in them."""

from __future__ import annotations

from pathlib import Path

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
    smaller = path.with_name("compressed.pdf")
    if _compress(path, smaller) and smaller.stat().st_size < path.stat().st_size * WORTH_KEEPING:
        prepared.products.append(Product(smaller.name, smaller, content_type))
    return prepared


def _compress(source: Path, target: Path) -> bool:
    if is_there("gs"):
        words = ["gs", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-q", "-sDEVICE=pdfwrite", "-dPDFSETTINGS=/ebook"]
        return run(*words, f"-sOutputFile={target}", str(source), seconds=180) is not None and target.exists()
    if is_there("qpdf"):
        words = ["qpdf", "--object-streams=generate", "--recompress-flate", "--compression-level=9"]
        return run(*words, str(source), str(target), seconds=180) is not None
    return False
