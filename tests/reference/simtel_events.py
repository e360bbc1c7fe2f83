"""Slow, obvious search for what belongs to array events; rows of a list of blocks."""

from reference.simtel_blocks import blocks


def telescope_of(block_type, base):
    rest = block_type - base
    return rest % 1000 + rest // 1000 * 100


def array_events(data):
    """One dictionary per array event: kind of block -> row in the list of blocks."""
    found = []
    latest = {}
    for row, (block_type, _, block_id, _, _, path) in enumerate(blocks(data)[0]):
        name = {2020: "shower", 2021: "mc", 2026: "sum", 1204: "pe"}.get(block_type)
        if len(path) == 1 and name:
            latest[name] = row
            stale = {"shower": ["mc", "sum", "pe"], "mc": ["sum", "pe"]}.get(name, [])
            for other in stale:
                latest.pop(other, None)
        elif path == [2000]:
            latest.clear()
        elif path == [2034, 1204]:
            latest["calibration pe"] = row
        elif path == [2028]:
            latest["type"] = block_id
        elif block_type == 2010 and len(path) == 2:
            event = {"block": row, "calibration": latest["type"]}
            if "calibration pe" in latest:
                event["pe"] = latest.pop("calibration pe")
            found.append(event)
        elif block_type == 2010 and "shower" not in latest:
            found.append({"block": row, "calibration": "unknown"})
        elif block_type == 2010:
            names = ("shower", "mc", "sum", "pe")
            parts = {name: latest[name] for name in names if name in latest}
            found.append({"block": row, **parts})
    return found


def telescope_events(data, event):
    """Of one array event: telescope -> kind of block -> row."""
    listed = blocks(data)[0]
    _, _, _, start, end, path = listed[event["block"]]
    telescopes, tracking = {}, {}
    for row, (block_type, _, block_id, at, _, inner) in enumerate(listed):
        if not start <= at <= end or inner[: len(path)] != path:
            continue
        if len(inner) == len(path) + 1 and block_type // 100 % 10 == 1:
            tracking[telescope_of(block_type, 2100)] = row
        elif len(inner) == len(path) + 1 and block_type // 100 % 10 == 2:
            current = {"block": row}
            telescopes[telescope_of(block_type, 2200)] = current
        elif len(inner) == len(path) + 2:
            name = {2011: "header", 2012: "sums", 2013: "samples"}.get(block_type)
            if block_type == 2027 and block_id < 1_000_000:
                name = "list"
            if name:
                current[name] = row
    for tel_id, parts in telescopes.items():
        parts["tracking"] = tracking[tel_id]
        if "pe" in event:
            top = event["pe"]
            for row in range(top + 1, len(listed)):
                if listed[row][3] <= listed[top][4] and (
                    listed[row][2] % 1000 == tel_id - 1
                ):
                    parts["image"] = row
    return telescopes
