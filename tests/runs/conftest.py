from tests.generation.conftest import asked_run, bars_run

__all__ = ["asked_run", "bars_run"]
