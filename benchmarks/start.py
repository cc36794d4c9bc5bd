"""Start of the command line: ``mixdream --help`` against the bare interpreter."""

import subprocess
import sys
import time

from benchmarks.table import Row, print_table


def seconds(*arguments: str) -> float:
    """Best of five runs of the interpreter."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        best = min(best, time.perf_counter() - began)
    return best


def rows() -> list[Row]:
    """Start of the command and of the package."""
    bare, package, command = (
        seconds("-c", ""),
        seconds("-c", "import mixdream"),
        seconds("-m", "mixdream", "--help"),
    )
    baseline = f"{bare:.2f} s (bare interpreter)"
    return [
        Row("`mixdream --help`", f"{command:.2f} s", baseline, bare / command),
        Row("`import mixdream`", f"{package:.2f} s", baseline, bare / package),
    ]


if __name__ == "__main__":
    print_table(rows())
