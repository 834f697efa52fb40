#!/usr/bin/env python3
"""Holds the dashboards against Grafana's own published schema: reads each with the types of Grafana's foundation SDK
(pip install "grafana-foundation-sdk==1769699379!11.6.0"), writes it again, and tells every field that was lost or changed on the way.

Usage: deploy/grafana/check.py [FOLDER]    exit code 1 when there is one
"""
import json
import pathlib
import re
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

# Grafana reads these, and its schema of dashboards has no place for them: a data source's own fields of an annotation
# (public/app/plugins/datasource/prometheus), and the text of a variable's query, which its editor writes.
BESIDE_THE_SCHEMA = re.compile(
    r"\.annotations\.list\[\]\.(step|titleFormat|textFormat|useValueForTime)|\.templating\.list\[\]\.definition")


def differences(ours, theirs, path=""):
    """Places at which what was read and written again is not what it was."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            if name in theirs:
                yield from differences(value, theirs[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}", "is unknown"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs):
            yield from differences(one, other, f"{path}[]")
    elif ours != theirs:
        yield path, f"is {ours!r} and would be {theirs!r}"


def main():
    here = pathlib.Path(__file__).resolve().parent / "dashboards"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    register_default_plugins()
    wrong = False
    for file in sorted(folder.glob("*.json")):
        dashboard = json.loads(file.read_text())
        again = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
        found = sorted({
            (path, what) for path, what in differences(dashboard, again) if not BESIDE_THE_SCHEMA.fullmatch(path)})
        print(f"{file.name}: {len(dashboard['panels'])} panels, {'as the schema says' if not found else 'NOT as the schema says'}")
        for path, what in found:
            print(f"  {path} {what}")
        wrong |= bool(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
