"""Structure of a file: the parts that are decoded one by one, as its first bytes tell."""

from pathlib import Path

from mixdream.audio import ogg_pages
from mixdream.audio.file_parts import Part, open_file


def find_parts(path: Path) -> list[Part]:
    """Divide a file into parts, most often one; OSError where it cannot be read."""
    with open_file(path) as file:
        head = file.read(len(ogg_pages.CAPTURE))
        size = path.stat().st_size
        if head == ogg_pages.CAPTURE:
            return [
                Part([(link.start, link.stop)], [loss - link.start for loss in link.losses])
                for link in ogg_pages.read_links(file)
            ] or [Part([(0, size)])]
    return [Part([(0, size)])]
