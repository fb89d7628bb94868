#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What transformers makes of our folders: check_transformers.py CLI SCRATCH [--record]

A folder of every target is written from prose-llama-6m, and load_folders.py tells how transformers reads each: what its configuration class makes of ours, whether the
model loads, with which weights missing or left over, and the losses on windows of a text beside those that `evaluate` finds for the same folder. Some checkpoints of
fixtures/quantized are read, too, whose logits are known. All of it must be what
transformers.json has for the same packages (--record writes it). Without transformers, the model, or a record for these packages: exit 77 with a line "SKIPPED: ...".
"""
import json
import sys
from pathlib import Path

from check_unpacked import CHUNKS, FOREIGN, FIXTURES, HERE, losses, require_foreign, run, skip, source_of, windows_of

RECORD = HERE / "transformers.json"
CONTEXT = 256
FOLDERS = {
    "safetensors": ["--to", "safetensors"],
    "gptq": ["--to", "gptq"],
    "gptq-v2-asymmetric": ["--to", "gptq", "--asymmetric"],
    "awq": ["--to", "awq", "--asymmetric"],
    "compressed-w4": ["--to", "compressed-tensors"],
    "compressed-w4-asymmetric": ["--to", "compressed-tensors", "--asymmetric", "--group", "64"],
    "compressed-w8": ["--to", "compressed-tensors", "--bits", "8", "--group", "-1"],
    "compressed-w8a8": ["--to", "compressed-tensors", "--bits", "8", "--w8a8"],
    "compressed-fp8": ["--to", "compressed-tensors", "--format", "fp8"],
    "compressed-fp8-block": ["--to", "compressed-tensors", "--format", "fp8", "--scales", "block"],
    "compressed-nvfp4": ["--to", "compressed-tensors", "--format", "nvfp4"],
    "compressed-mxfp4": ["--to", "compressed-tensors", "--format", "mxfp4"],
    "fp8-block": ["--to", "fp8"],
    "fp8-tensor": ["--to", "fp8", "--scales", "tensor"],
}
FIXED = ("gpt-oss", "fp8-block", "ct-w4-act", "ct-int8")
# nats in the mean of a window, beyond what was recorded: other processors round other sums, and where inputs are rounded to 8 bits that goes far
SLACK = {"difference": 2e-4, "difference_of_rounded": 6e-3}


def written(cli, scratch, source):
    folders = {}
    for name, arguments in FOLDERS.items():
        target = scratch / name
        if target.exists():
            for file in target.iterdir():
                file.unlink()
            target.rmdir()
        run([cli, "quantize", source, target, *arguments, "-q"])
        folders[name] = target
    return folders


def summary(result, ours, rounded):
    """What is recorded of one folder."""
    entry = {key: result[key] for key in ("config", "outcome") if key in result}
    if result["outcome"] == "loaded":
        entry["problems"] = {key: len(names) for key, names in result["problems"].items()}
        entry["difference"] = max(abs(a - b) for a, b in zip(result["losses"], ours))
        if rounded != ours:
            entry["difference_of_rounded"] = max(abs(a - b) for a, b in zip(result["losses"], rounded))
    return entry


def compare(name, now, then):
    wrong = [f"{key}: {now.get(key)} instead of {then.get(key)}" for key in ("config", "outcome", "problems") if now.get(key) != then.get(key)]
    for key in ("difference", "difference_of_rounded"):
        slack = SLACK["difference_of_rounded" if "difference_of_rounded" in then else key]
        if (key in now) != (key in then) or (key in now and abs(now[key] - then[key]) > slack):
            wrong.append(f"{key}: {now.get(key)} instead of {then.get(key)}")
    print(f"{name}: {'as recorded' if not wrong else '; '.join(wrong)} ({now['outcome']}{', difference %.2e' % now['difference'] if 'difference' in now else ''})")
    return not wrong


def main():
    cli, scratch = sys.argv[1], Path(sys.argv[2])
    scratch.mkdir(parents=True, exist_ok=True)
    require_foreign()
    source, text = source_of(cli, "prose", scratch)
    folders = written(cli, scratch, source)
    request = scratch / "request.json"
    request.write_text(json.dumps({"folders": {name: str(path) for name, path in folders.items()} | {f"read-{name}": str(FIXTURES / "quantized" / name) for name in FIXED},
                                   "windows": windows_of(cli, source, text, CONTEXT), "first": CONTEXT // 2}))
    answer = json.loads(run([*FOREIGN, HERE / "load_folders.py", request]).splitlines()[-1])
    now = {}
    for name, result in answer["folders"].items():
        ours = rounded = None
        if name in folders and result["outcome"] == "loaded":
            ours = losses(cli, [folders[name], "--exact-inputs"], text, CONTEXT)
            rounded = losses(cli, [folders[name]], text, CONTEXT)
        now[name] = summary(result, ours, rounded) if ours else {key: value for key, value in result.items() if key in ("config", "outcome", "difference", "problems")}
    records = json.loads(RECORD.read_text()) if RECORD.exists() else []
    if "--record" in sys.argv:
        records = [record for record in records if record["packages"] != answer["packages"]] + [{"packages": answer["packages"], "folders": now}]
        RECORD.write_text(json.dumps(sorted(records, key=lambda record: json.dumps(record["packages"])), indent=1) + "\n")
        return 0
    record = next((record for record in records if record["packages"] == answer["packages"]), None)
    if record is None:
        skip(f"transformers.json has nothing for {answer['packages']}")
    assert set(record["folders"]) == set(now)
    return 0 if all([compare(name, now[name], record["folders"][name]) for name in sorted(now)]) else 1


if __name__ == "__main__":
    assert CHUNKS > 0
    sys.exit(main())
