"""Reads what `fewstep results --format parquet` wrote: the gain of each grid point over its baseline, over seeds.

    fewstep results --project default --format parquet --out results.parquet
    python3 read_results.py results.parquet
"""
import json
import sys

import pandas

table = pandas.read_parquet(sys.argv[1])
held_out = table[table.role == "held-out"]
points = held_out.assign(
    axes=held_out["values"].map(lambda text: json.dumps(json.loads(text), sort_keys=True)),
    ratio=held_out.finetuned / held_out.baseline,
)
summary = points.groupby(["experiment", "axes", "space", "metric"]).agg(
    seeds=("seed", "nunique"), finetuned=("finetuned", "mean"), baseline=("baseline", "mean"), ratio=("ratio", "mean")
)
print(summary.sort_values("ratio").to_string())
