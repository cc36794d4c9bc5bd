class Clock:
    """Time that passes when it is told to, in seconds."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s
