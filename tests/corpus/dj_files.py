"""Files as Rekordbox and Traktor write them."""

from collections.abc import Mapping, Sequence


def rekordbox(tracks: Mapping[str, Sequence[str]]) -> str:
    """XML export; tracks by their location, each with the attributes of its tempos."""
    entries = [
        f'<TRACK TrackID="{number}" Name="x" Kind="MP3 File" Location="{location}">'
        + "".join(f"<TEMPO {tempo}/>" for tempo in tempos)
        + '<POSITION_MARK Name="" Type="0" Start="1.000" Num="-1"/></TRACK>'
        for number, (location, tempos) in enumerate(tracks.items(), 1)
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<DJ_PLAYLISTS Version="1.0.0">'
        f'<PRODUCT Name="rekordbox" Version="6.8.5"/><COLLECTION Entries="{len(entries)}">'
        + "".join(entries)
        + '</COLLECTION><PLAYLISTS><NODE Name="ROOT"><TRACK Key="1"/></NODE></PLAYLISTS></DJ_PLAYLISTS>'
    )


def traktor(entries: Mapping[str, tuple[str, Sequence[str]]]) -> str:
    """NML; entries by folder and file, each with its tempo and cue points."""
    made = []
    for place, (bpm, cues) in entries.items():
        folder, _, name = place.rpartition("/:")
        made.append(
            f'<ENTRY TITLE="x"><LOCATION DIR="{folder}/:" FILE="{name}" VOLUME="Disk"></LOCATION>'
            f'<TEMPO BPM="{bpm}" BPM_QUALITY="100.000000"></TEMPO>{"".join(cues)}</ENTRY>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n<NML VERSION="19">'
        f'<COLLECTION ENTRIES="{len(made)}">{"".join(made)}</COLLECTION></NML>'
    )
