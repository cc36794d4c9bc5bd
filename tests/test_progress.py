from mixdream.progress import clock, part


def test_times_for_people() -> None:
    moments = (0, 59.96, 3599.94, 36000)
    assert [clock(seconds, tenths=True) for seconds in moments] == [
        "0:00:00.0",
        "0:01:00.0",
        "0:59:59.9",
        "10:00:00.0",
    ]
    assert [clock(seconds) for seconds in moments] == ["0:00:00", "0:01:00", "1:00:00", "10:00:00"]


def test_a_part_reports_within_the_whole() -> None:
    shares: list[float] = []
    report = part(lambda done, note: shares.append(done), 0.5, 0.25)
    for done in (0.0, 0.5, 1.0):
        report(done, "")
    assert shares == [0.5, 0.625, 0.75]
