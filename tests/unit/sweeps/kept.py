"""What a sweep has kept, to be compared."""

from __future__ import annotations

import json
from pathlib import Path

from pyarrow import parquet

from camtwin.sweeps.collect import MADE


def contents(out: Path) -> dict[str, bytes]:
    """Return all that a sweep makes by its name; tables as texts without what differs from run to run."""
    found = {str(f.relative_to(out)): f.read_bytes() for f in out.glob("frames.zarr/**/*") if f.is_file()}
    for name in ("cells.parquet", "frames.parquet"):
        table = parquet.read_table(out / name)
        rows = table.drop_columns([column for column in MADE if column in table.column_names]).to_pylist()
        found[name] = json.dumps(rows).encode()
    return found
