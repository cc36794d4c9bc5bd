"""Start of the command line: ``mixdream --help`` against the bare interpreter."""

import subprocess
import sys
import time


def seconds(*arguments: str) -> float:
    """Best of five runs of the interpreter."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        best = min(best, time.perf_counter() - began)
    return best


def main() -> None:
    """Print both times and their ratio."""
    bare, package, command = (
        seconds("-c", ""),
        seconds("-c", "import mixdream"),
        seconds("-m", "mixdream", "--help"),
    )
    print(
        f"mixdream --help: {command:.2f} s, import mixdream: {package:.2f} s, bare interpreter: {bare:.2f} s "
        f"({command / bare:.0f}x)"
    )


if __name__ == "__main__":
    main()
