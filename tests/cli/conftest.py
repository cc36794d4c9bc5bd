from tests.generation.conftest import bars_run, flow_run, seconds_run

__all__ = ["bars_run", "flow_run", "seconds_run"]
