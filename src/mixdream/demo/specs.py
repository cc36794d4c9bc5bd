"""The music of the demo sets, as data: see `mixdream.demo.score` for how patterns are read."""

from dataclasses import dataclass

from mixdream.demo.score import Part, Section, Track

FOUR_TO_THE_FLOOR = "X---x---x---x---"
ROLL = ("x---x---x---x---", "x-x-x-x-x-x-x-x-", "xoxoxoxoxoxoxoxo", "xxxxxxxxxxxxxxxx")
HOLD = "0_______________"


@dataclass(frozen=True)
class SetSpec:
    """A set: its tracks, and for how many bars each sounds with the next."""

    tracks: tuple[Track, ...]
    overlap_bars: int = 0


TECHNO = Track(
    title="Cooling Tower",
    genre="techno",
    bpm=134.0,
    key="F phrygian",
    chords=(0, 0, 0, 1),
    duck=0.75,
    parts={
        "kick": Part("kick_deep", (FOUR_TO_THE_FLOOR,), -2.0),
        "rumble": Part("sub_bass", ("--00--00--00--00", "--00--00--00-000"), -13.0, octave=1, reverb=0.08),
        "acid": Part(
            "acid",
            ("0-00-07-0-30-01-", "0-00-07-0-70-30-", "0-0_-70-0-30-1_-", "0-00-37-5-30-01-"),
            -6.0,
            octave=3,
            vary=0.12,
            motion_hz=(500.0, 6000.0),
            echo=0.18,
            reverb=0.1,
        ),
        "stab": Part(
            "pluck", ("---0--0---------", "---0--0----0----"), -5.0, 3, (0, 2, 4), reverb=0.5, echo=0.5
        ),
        "drone": Part("drone", gain_db=-8.0, octave=2, voices=(0, 4, 7), reverb=0.4, once=True),
        "open": Part("open_hat", ("--x---x---x---x-",), -13.0, pan=0.15, reverb=0.05),
        "hat": Part("hat", ("xoxoxoxoxoxoxoxo", "xoxxoxxoxoxxoxox"), -12.0, pan=-0.25),
        "clap": Part("clap", ("----x-------x---", "----x-------x--o"), -5.0, reverb=0.25),
        "ride": Part("ride", ("x-x-x-x-x-x-x-x-",), -14.0, pan=0.35),
        "rim": Part("rim", ("---x--x---x--x--", "---x--x---x-x-xo"), -11.0, pan=0.4, reverb=0.2, echo=0.2),
        "tom": Part("tom", ("----------------", "-----------x--xx"), -10.0, pan=-0.3, reverb=0.2),
        "roll": Part("snare", ROLL, -9.0, reverb=0.3, swell=True),
        "riser": Part("riser", gain_db=-7.0, octave=4, reverb=0.3, once=True),
        "crash": Part("crash", gain_db=-11.0, reverb=0.3, once=True),
        "fall": Part("fall", gain_db=-9.0, reverb=0.3, once=True),
    },
    sections=(
        Section("intro", 4, "kick hat rim drone crash"),
        Section("groove", 4, "kick rumble hat open rim tom acid", sweep_hz=(250.0, 1800.0), fill=True),
        Section("drop", 8, "kick rumble acid open hat clap ride rim crash", fill=True),
        Section("break", 4, "drone stab acid fall", sweep_hz=(3000.0, 500.0)),
        Section("build", 2, "acid stab roll riser clap", sweep_hz=(400.0, 9000.0)),
        Section("drop", 4, "kick rumble acid stab open hat clap ride tom crash"),
        Section("outro", 2, "kick hat rim stab drone"),
    ),
)

HOUSE_FIRST = Track(
    title="Corner Shop",
    genre="house",
    bpm=124.0,
    key="A dorian",
    chords=(0, 0, 3, 3),
    swing=0.2,
    duck=0.45,
    parts={
        "kick": Part("kick_round", (FOUR_TO_THE_FLOOR,), -2.0),
        "bass": Part("groove_bass", ("0--0--7-0--4-6-0", "0--0--7---06-42-"), -8.0, octave=1),
        "organ": Part(
            "organ_stab",
            ("---0--0---0--0--", "---0--0--0---2--"),
            -7.0,
            3,
            (0, 2, 4, 6),
            reverb=0.25,
            echo=0.1,
        ),
        "lead": Part(
            "pluck",
            ("----------------", "--4-6-7---6-4---"),
            -7.0,
            octave=4,
            vary=0.15,
            reverb=0.35,
            echo=0.4,
        ),
        "clap": Part("clap", ("----X-------X---",), -5.0, reverb=0.2),
        "open": Part("open_hat", ("--x---x---x---x-",), -13.0, pan=0.15),
        "hat": Part("hat", ("o-oxo-oxo-oxo-ox",), -11.0, pan=-0.2),
        "shaker": Part("shaker", ("xoxoxoxoxoxoxoxo",), -12.0, pan=0.35),
        "conga": Part("conga_high", ("---x--x----x-x--", "---x--x---xx-x-x"), -12.0, pan=0.4, reverb=0.15),
        "low_conga": Part(
            "conga_low", ("x-------x-------", "x-----x-x-------"), -13.0, pan=-0.4, reverb=0.15
        ),
        "roll": Part("snare", ROLL[1:3], -12.0, reverb=0.3, swell=True),
        "riser": Part("riser", gain_db=-10.0, octave=4, reverb=0.3, once=True),
        "crash": Part("crash", gain_db=-12.0, reverb=0.3, once=True),
    },
    sections=(
        Section("intro", 4, "kick hat shaker conga low_conga"),
        Section("build", 2, "kick organ shaker conga clap roll riser", sweep_hz=(350.0, 7000.0), fill=True),
        Section("drop", 8, "kick bass organ lead clap open hat shaker conga low_conga crash"),
        Section("outro", 6, "kick bass organ clap hat shaker conga"),
    ),
)

HOUSE_SECOND = Track(
    title="Late Ferry",
    genre="house",
    bpm=124.0,
    key="E minor",
    chords=(0, 5, 3, 6),
    swing=0.12,
    duck=0.55,
    parts={
        "kick": Part("kick_tight", (FOUR_TO_THE_FLOOR,), -2.0),
        "bass": Part("sub_bass", ("--0_--0---0_--07", "--0_--0---0_-740"), -8.5, octave=2),
        "keys": Part(
            "electric_piano",
            ("0_____--0__---0_", "--0___--0__-0___"),
            -8.0,
            3,
            (0, 2, 4, 6, 8),
            reverb=0.3,
            echo=0.1,
        ),
        "arp": Part(
            "pluck",
            ("0-4-7-4-2-4-7-9-", "0-4-7-9-7-4-2-4-"),
            -8.0,
            octave=4,
            vary=0.2,
            reverb=0.3,
            echo=0.45,
            motion_hz=(900.0, 7000.0),
        ),
        "strings": Part("pad", (HOLD,), -11.0, 4, (0, 4), reverb=0.5),
        "clap": Part("snare", ("----x-------x---", "----x-------x-o-"), -7.0, reverb=0.2),
        "open": Part("open_hat", ("--x---x---x---x-",), -13.0, pan=-0.15),
        "hat": Part("hat", ("x-x-x-x-x-x-x-xx",), -11.0, pan=0.2),
        "rim": Part("rim", ("x--x--x---x-x---",), -14.0, pan=-0.4, reverb=0.2),
        "roll": Part("snare", ROLL[1:], -11.0, reverb=0.3, swell=True),
        "riser": Part("riser", gain_db=-9.0, octave=4, reverb=0.3, once=True),
        "crash": Part("crash", gain_db=-12.0, reverb=0.3, once=True),
        "fall": Part("fall", gain_db=-11.0, reverb=0.3, once=True),
    },
    sections=(
        Section("intro", 6, "kick bass hat rim open arp"),
        Section("break", 4, "keys strings arp fall"),
        Section("build", 2, "keys strings arp roll riser", sweep_hz=(500.0, 9000.0)),
        Section("drop", 6, "kick bass keys strings arp clap open hat rim crash"),
        Section("outro", 2, "kick hat rim keys"),
    ),
)

TRANCE = Track(
    title="Northern Line of Sight",
    genre="trance",
    bpm=140.0,
    key="F# minor",
    chords=(0, 5, 2, 6),
    duck=0.7,
    parts={
        "kick": Part("kick_punch", (FOUR_TO_THE_FLOOR,), 0.0),
        "bass": Part("rolling_bass", ("-000-000-000-000", "-000-000-000-070"), -9.0, octave=1),
        "arp": Part(
            "pluck",
            ("0-2-4-7-4-2-7-4-", "7-4-2-0-2-4-7-9-", "0-4-7-4-9-7-4-2-", "7-9-7-4-2-4-0-2-"),
            -9.0,
            octave=4,
            vary=0.08,
            reverb=0.3,
            echo=0.4,
        ),
        "lead": Part(
            "supersaw",
            ("7__4__2___4_2_0_", "4__2__4_______2_", "7__9__7___4_7___", "8__6__4___2_4_6_"),
            -7.0,
            octave=4,
            reverb=0.4,
            echo=0.25,
        ),
        "chords": Part("supersaw", ("0__-0__-0_-0__0_",), -11.0, 3, (0, 2, 4, 7), reverb=0.35),
        "pad": Part("pad", (HOLD,), -9.0, 3, (0, 4, 7, 9), reverb=0.5),
        "open": Part("open_hat", ("--X---X---X---X-",), -12.0, pan=0.1),
        "hat": Part("hat", ("xoxoxoxoxoxoxoxo",), -17.0, pan=-0.2),
        "clap": Part("clap", ("----x-------x---",), -9.0, reverb=0.3),
        "ride": Part("ride", ("x---x---x---x---",), -18.0, pan=-0.3),
        "shaker": Part("shaker", ("--xo--xo--xo--xo",), -16.0, pan=0.4),
        "roll": Part("snare", ROLL, -8.0, reverb=0.35, swell=True),
        "riser": Part("riser", gain_db=-6.0, octave=4, reverb=0.3, once=True),
        "crash": Part("crash", gain_db=-10.0, reverb=0.3, once=True),
        "fall": Part("fall", gain_db=-9.0, reverb=0.4, once=True),
    },
    sections=(
        Section("intro", 4, "kick hat open shaker bass crash", fill=True),
        Section("groove", 4, "kick bass arp hat open clap shaker", sweep_hz=(500.0, 5000.0), fill=True),
        Section("break", 6, "pad arp lead fall", sweep_hz=(1500.0, 5000.0)),
        Section("build", 4, "pad arp chords roll riser", sweep_hz=(350.0, 12000.0)),
        Section("drop", 8, "kick bass arp lead chords open hat clap ride crash"),
        Section("outro", 4, "kick bass hat open pad fall"),
    ),
)

JUNGLE = Track(
    title="Wet Pavement",
    genre="jungle",
    bpm=172.0,
    key="D minor",
    chords=(0, 0, 5, 6),
    swing=0.08,
    duck=0.35,
    parts={
        "kick": Part(
            "kick_tight",
            ("X-x-------x-----", "X-x-------xx----", "X---------x--x--", "X-x----x--x-----"),
            0.0,
        ),
        "snare": Part(
            "snare",
            ("----X--o-o--X--o", "----X--o-o--X-oo", "----X--o-o-o--X-", "----X-ooxo--Xoxo"),
            -4.0,
            reverb=0.12,
        ),
        "ride": Part("ride", ("x-x-x-x-x-x-x-x-",), -15.0, pan=0.25),
        "hat": Part("hat", ("xoxxoxxoxoxxoxxo", "xoxoxxoxxoxoxxox"), -15.0, pan=-0.25),
        "shaker": Part("shaker", ("xoxoxoxoxoxoxoxo",), -16.0, pan=-0.35),
        "conga": Part("conga_high", ("---x--x-----x---", "---x--x--x--x-x-"), -13.0, pan=0.45, reverb=0.2),
        "bass": Part("reese", ("0_____--0__-3_2_", "0_______--0_4_2_", "0___--7_0____-4_"), -6.0, octave=1),
        "pad": Part("pad", (HOLD,), -8.0, 3, (0, 2, 4, 6, 8), reverb=0.6),
        "keys": Part(
            "electric_piano",
            ("0__---0__---0___", "----------------"),
            -9.0,
            4,
            (0, 2, 6),
            reverb=0.5,
            echo=0.5,
        ),
        "bell": Part(
            "bell", ("4---------7-----", "------9---------"), -13.0, octave=5, vary=0.2, reverb=0.6, echo=0.4
        ),
        "roll": Part("snare", ROLL[1:], -8.0, reverb=0.2, swell=True),
        "riser": Part("riser", gain_db=-7.0, octave=4, reverb=0.3, once=True),
        "crash": Part("crash", gain_db=-10.0, reverb=0.3, once=True),
        "fall": Part("fall", gain_db=-9.0, reverb=0.4, once=True),
    },
    sections=(
        Section("intro", 4, "pad bell shaker hat", sweep_hz=(400.0, 6000.0)),
        Section("groove", 4, "kick snare hat pad keys crash", fill=True),
        Section("drop", 8, "kick snare ride hat bass pad keys conga crash", fill=True),
        Section("break", 4, "pad bell keys fall"),
        Section("build", 2, "pad bell roll riser", sweep_hz=(500.0, 9000.0)),
        Section("drop", 6, "kick snare ride hat shaker bass keys bell conga crash"),
        Section("outro", 4, "kick snare hat pad bell", sweep_hz=(9000.0, 900.0)),
    ),
)

AMBIENT = Track(
    title="Tide Tables",
    genre="ambient",
    bpm=88.0,
    key="G major",
    chords=(0, 5, 3, 4),
    duck=0.25,
    parts={
        "pulse": Part("kick_soft", ("x-------x-------",), -7.0, reverb=0.05),
        "heart": Part("conga_low", ("----o-------o---", "----o-------o-o-"), -13.0, pan=0.3, reverb=0.5),
        "shaker": Part("shaker", ("--o---x---o---xo",), -19.0, pan=-0.3, reverb=0.3),
        "bass": Part("sub_bass", ("0___________4___",), -9.0, octave=1),
        "pad": Part("pad", (HOLD,), -7.0, 3, (0, 4, 8, 9), reverb=0.7),
        "drone": Part("drone", gain_db=-8.0, octave=2, voices=(0, 4, 7), reverb=0.5, once=True),
        "bell": Part(
            "bell",
            ("7-----4-------2-", "----9-------4---", "2-------7---8---", "------4---2-----"),
            -9.0,
            octave=4,
            vary=0.25,
            reverb=0.7,
            echo=0.5,
        ),
        "keys": Part(
            "electric_piano", ("0_______4___2___", "--0_____--7_____"), -11.0, 4, (0, 2), reverb=0.6, echo=0.3
        ),
        "air": Part("air", gain_db=-10.0, reverb=0.3, once=True),
    },
    sections=(
        Section("intro", 3, "drone air pad", sweep_hz=(300.0, 3000.0)),
        Section("groove", 4, "pulse heart bass pad bell air"),
        Section("break", 3, "drone pad bell air"),
        Section("drop", 4, "pulse heart shaker bass pad keys bell"),
        Section("outro", 3, "drone pad keys air", sweep_hz=(5000.0, 400.0)),
    ),
)

SET_SPECS: dict[str, SetSpec] = {
    "techno": SetSpec((TECHNO,)),
    "house": SetSpec((HOUSE_FIRST, HOUSE_SECOND), overlap_bars=6),
    "trance": SetSpec((TRANCE,)),
    "jungle": SetSpec((JUNGLE,)),
    "ambient": SetSpec((AMBIENT,)),
}
