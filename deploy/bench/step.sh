#!/usr/bin/env bash
# Time and peak memory of a training step: fewstep's trainers beside the same U-Net in eager PyTorch, in one run, in turns.
# Rows: one DDPM step (denoise), one MMD finetuning step through the chain (mmd; PyTorch without and with checkpointing of each
# evaluation), sampling without gradients (sample). Ratios below 1 are in fewstep's favour.
# Usage: deploy/bench/step.sh [rounds] [demo|cifar|all]     PYTHON=python3 names a Python with torch; without one only fewstep is timed.
set -euo pipefail

home=$(cd "$(dirname "$0")/../.." && pwd -P)
rounds=${1:-3}
sizes=${2:-all}
[ "$sizes" != all ] || sizes="demo cifar"
python=${PYTHON:-python3}
threads=${FEWSTEP_THREADS:-$(nproc)}

. "$home/deploy/bench/program.sh"

fewstep() { # size kind batch micro steps threads repeats
  "$java" -Xmx1g -cp "$classpath" dev.fewstep.bench.StepBench "$@" 2>/dev/null
}
torch() { # size kind batch steps threads repeats
  "$python" "$home/deploy/bench/step_reference.py" --size "$1" --kind "$2" --batch "$3" --steps "$4" --threads "$5" --repeats "$6" 2>/dev/null
}
field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^,\"}]*\).*/\1/p"; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

has_torch=
if "$python" -c 'import torch' 2>/dev/null; then has_torch=1; else
  echo "step.sh: no torch in '$python' (apt-get install python3-torch, or set PYTHON): fewstep alone is timed" >&2
fi
printf '%s, %s threads, %s rounds; PyTorch %s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$threads" "$rounds" \
  "$([ -z "$has_torch" ] || "$python" -c 'import torch; print(torch.__version__)' 2>/dev/null)"
printf '%-6s %-18s %6s | %9s %9s %6s | %9s %9s %6s | %8s %8s %6s\n' size step batch 'fewstep s' 'torch s' ratio 'cpu s' 'torch cpu' ratio 'MB' 'torch MB' ratio

work=$(mktemp -d "${TMPDIR:-/tmp}/fewstep-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
row() { # size kind torch-kind batch repeats
  local name=$3 micro=$((($4 + threads - 1) / threads))
  rm -f "$work"/*
  for _ in $(seq "$rounds"); do
    fewstep "$1" "$2" "$4" "$micro" 5 "$threads" "$5" >>"$work/ours"
    [ -z "$has_torch" ] || torch "$1" "$3" "$4" 5 "$threads" "$5" >>"$work/theirs"
  done
  ours=($(for f in seconds cpu peakMb; do field $f <"$work/ours" | median; done))
  if [ -n "$has_torch" ]; then
    theirs=($(for f in seconds cpu peakMb; do field $f <"$work/theirs" | median; done))
    awk -v a="${ours[*]}" -v b="${theirs[*]}" -v s="$1" -v k="$name" -v n="$4" 'BEGIN { split(a, x); split(b, y);
      printf "%-6s %-18s %6d | %9.3f %9.3f %6.2f | %9.3f %9.3f %6.2f | %8d %8d %6.2f\n", s, k, n, x[1], y[1], x[1]/y[1], x[2], y[2], x[2]/y[2], x[3], y[3], x[3]/y[3] }'
  else
    printf '%-6s %-18s %6d | %9.3f %9s %6s | %9.3f %9s %6s | %8d\n' "$1" "$name" "$4" "${ours[0]}" - - "${ours[1]}" - - "${ours[2]}"
  fi
}
for size in $sizes; do
  case $size in
    demo) batch=64 repeats=15 ;;
    cifar) batch=16 repeats=1 ;;
    *) echo "step.sh: size must be demo, cifar or all, not '$size'" >&2; exit 2 ;;
  esac
  row "$size" denoise denoise "$batch" "$repeats"
  row "$size" mmd mmd "$batch" "$repeats"
  [ -z "$has_torch" ] || row "$size" mmd mmd-checkpointed "$batch" "$repeats"
  row "$size" sample sample "$batch" "$repeats"
done
