#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calibrated folders, judged by an unpacker and a forward pass that are not ours: check_unpacked.py CLI SCRATCH CASE

The folder of CASE is written, unpacked by unpack_folder.py and compared: every tensor must be identical. transformers then runs the unpacked model on windows of
a text; its loss in each must be what `evaluate` finds for the written folder, and for the plan that the folder was written from. Where engines round what goes into
the matrices (W8A8, FP8), that is done here too, in front of each, and `evaluate` must find the same. Cases that begin with "read-" are checkpoints of others
(fixtures/quantized): they are unpacked and compared.

QUANTLATHE_FOREIGN_PYTHON: the command for a Python with torch, transformers and safetensors (default: python3). Without one, or without the model: exit 77 with
a line "SKIPPED: ...".
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
SHARED = Path(os.environ.get("QUANTLATHE_SHARED_DATA", ROOT.parent / "shared" / "data"))
FOREIGN = shlex.split(os.environ.get("QUANTLATHE_FOREIGN_PYTHON", "python3"))
LARGEST_LOSS_DIFFERENCE = 1e-5  # nats in the mean of a window: both compute in float32, in another order
# The plan's norms are float32 where scales were folded into them, the folder's have 16 bits (11 significant in half floats, 8 in bfloat16).
LARGEST_PLAN_DIFFERENCE = {"prose": 1e-3, "moe": 2e-2}

# A sum in another order moves some inputs to the next step of eight bits, and later layers see other inputs: a change of 1e-7 in front of the rounding moves the
# reference itself by 2.4e-3.
LARGEST_ROUNDED_DIFFERENCE = 6e-3
CONTEXT = {"prose": 256, "moe": 64}
CHUNKS = 4
GPTQ, AWQ, SMOOTH = ["--method", "gptq"], ["--method", "awq"], ["--method", "smoothquant"]
# What `quantize --to` and, for the plan itself, `evaluate` are given; None = no such plan there.
WRITTEN = {
    "gptq": (["--to", "gptq", *GPTQ], GPTQ),
    "gptq-in-order": (["--to", "gptq", *GPTQ, "--in-order"], [*GPTQ, "--in-order"]),
    "gptq-asymmetric": (["--to", "gptq", *GPTQ, "--asymmetric"], [*GPTQ, "--asymmetric"]),
    "gptq-v2": (["--to", "gptq", *GPTQ, "--gptq-v2"], GPTQ),
    "gptq-2": (["--to", "gptq", *GPTQ, "--bits", "2", "--asymmetric"], [*GPTQ, "--bits", "2", "--asymmetric"]),
    "gptq-3": (["--to", "gptq", *GPTQ, "--bits", "3"], [*GPTQ, "--bits", "3"]),
    "gptq-8": (["--to", "gptq", *GPTQ, "--bits", "8"], [*GPTQ, "--bits", "8"]),
    "gptq-mixed": ("gptq", None),
    "awq": (["--to", "awq", *AWQ, "--asymmetric"], [*AWQ, "--asymmetric"]),
    "awq-symmetric": (["--to", "awq", *AWQ], AWQ),
    "compressed-gptq": (["--to", "compressed-tensors", *GPTQ], None),
    "compressed-gptq-asymmetric": (["--to", "compressed-tensors", *GPTQ, "--asymmetric"], None),
    "compressed-awq": (["--to", "compressed-tensors", *AWQ, "--asymmetric"], None),
    "compressed-mixed": ("compressed-tensors", None),
    "compressed-w8a16": (["--to", "compressed-tensors", *GPTQ, "--bits", "8"], None),
    "smoothquant": (["--to", "compressed-tensors", "--bits", "8", "--w8a8", *SMOOTH], [*SMOOTH, "--bits", "8", "--group", "0"]),
    "fp8-channel": (["--to", "compressed-tensors", "--format", "fp8"], None),
    "fp8-channel-smoothquant": (["--to", "compressed-tensors", "--format", "fp8", *SMOOTH], None),
    "fp8-tensor": (["--to", "fp8", "--scales", "tensor"], None),
    "fp8-block": (["--to", "fp8"], None),
    "nvfp4": (["--to", "compressed-tensors", "--format", "nvfp4"], None),
    "mxfp4": (["--to", "compressed-tensors", "--format", "mxfp4"], None),
}


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def run(command):
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def require_foreign():
    try:
        search = "import importlib.util, sys; sys.exit(not all(map(importlib.util.find_spec, ('numpy', 'torch', 'transformers', 'safetensors'))))"
        found = subprocess.run([*FOREIGN, "-c", search], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        skip(f"no {FOREIGN[0]}")
    if found.returncode != 0:
        skip(f"'{' '.join(FOREIGN)}' has no numpy, torch, transformers and safetensors; set QUANTLATHE_FOREIGN_PYTHON")


def source_of(cli, model, scratch):
    """The model, and a text for it."""
    if model == "prose":
        folder = SHARED / "models" / "derived" / "prose-llama-6m"
        if not folder.exists():
            skip(f"{folder} is not there")
        return folder, folder / "eval.txt"
    folder = scratch / "source"
    shutil.rmtree(folder, ignore_errors=True)
    run([cli, "quantize", FIXTURES / "imatrix" / "moe.gguf", folder, "--to", "safetensors", "-q"])
    return folder, FIXTURES / "imatrix" / "text.txt"


def mixed_recipe(target, group):
    """Queries, keys and values in 8 bits, what is left in 4, one layer's feed-forward part as it is."""
    def choice(bits):
        return {"type": "F16", "method": "gptq", "scheme": {"bits": bits, "group": group, "symmetric": True, "scales": "F16"}}
    tensors = {}
    for layer in range(6):
        for name in ("attn_q", "attn_k", "attn_v"):
            tensors[f"blk.{layer}.{name}.weight"] = choice(8)
        for name in ("attn_output",) + (() if layer == 1 else ("ffn_gate", "ffn_up", "ffn_down")):
            tensors[f"blk.{layer}.{name}.weight"] = choice(4)
    return {"format": "quantlathe-recipe", "version": 4, "target": target, "tensors": tensors}


def compare(cli, folder, unpacked):
    report = json.loads(run([cli, "compare", folder, unpacked, "--json", "-q"]))
    different = [tensor["name"] for tensor in report["tensors"] if tensor["result"] != "identical"]
    if different or not report["isIdentical"] and report["identicalTensors"] == 0:
        sys.exit(f"{len(different)} tensors differ: {different[:5]}")
    return report["identicalTensors"]


def losses(cli, arguments, text, context):
    report = json.loads(run([cli, "evaluate", *arguments, "--text", text, "--ctx", context, "--chunks", CHUNKS, "--memory", "1024", "--json", "-q"]))
    return [chunk["nll"] for chunk in report["chunk_figures"]]


def windows_of(cli, folder, text, context):
    tokens = json.loads(run([cli, "tokenize", folder, "--text", text, "--json"]))
    ids = tokens["ids"]
    result = [ids[context * number:context * (number + 1)] for number in range(CHUNKS)]
    if tokens["addsBos"]:
        for window in result:
            window[0] = tokens["bos"]
    return result


def largest(first, second):
    assert len(first) == len(second) == CHUNKS
    return max(abs(a - b) for a, b in zip(first, second))


def check_written(cli, scratch, name):
    model, _, case = name.partition("-")
    arguments, plan = WRITTEN[case]
    require_foreign()
    source, text = source_of(cli, model, scratch)
    context = CONTEXT[model]
    calibration = ["--calibration", text, "--calibration-ctx", context, "--calibration-chunks", 8]
    group = ["--group", "32"] if model == "moe" and "--w8a8" not in arguments and "fp8" not in arguments and "--format" not in arguments else []
    if isinstance(arguments, str):
        recipe = scratch / "recipe.json"
        recipe.write_text(json.dumps(mixed_recipe(arguments, 128)))
        arguments = ["--plan", recipe]
    folder, unpacked = scratch / "folder", scratch / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    run([cli, "quantize", source, folder, *arguments, *group, *(calibration if "--plan" in arguments or "--method" in arguments else []), "-q"])
    request = scratch / "windows.json"
    request.write_text(json.dumps({"windows": windows_of(cli, source, text, context), "first": context // 2}))
    report = json.loads(run([*FOREIGN, HERE / "unpack_folder.py", folder, unpacked, request]).splitlines()[-1])
    identical = compare(cli, folder, unpacked)
    ours = losses(cli, [folder, "--exact-inputs"], text, context)
    difference = largest(ours, report["losses"])
    print(f"{name}: {identical} tensors identical, losses {[round(loss, 5) for loss in ours]} differ by {difference:.2e} from transformers'")
    ok = difference <= LARGEST_LOSS_DIFFERENCE and not report["problems"]
    if report["problems"]:
        print("transformers reports", report["problems"])
    if report["rounded"]:
        rounded = losses(cli, [folder], text, context)
        difference = largest(rounded, report["rounded"])
        print(f"with inputs rounded {[round(loss, 5) for loss in rounded]}: they differ by {difference:.2e}")
        ok = ok and rounded != ours and difference <= LARGEST_ROUNDED_DIFFERENCE
    if plan is not None:
        of_plan = losses(cli, [source, *plan, *group, *calibration], text, context)
        difference = largest(of_plan, report["losses"])
        stored = largest(losses(cli, [source], text, context), report["losses"])
        print(f"the plan's losses differ by {difference:.2e}; those of the model as stored by {stored:.2e}")
        ok = ok and difference <= LARGEST_PLAN_DIFFERENCE[model] < stored
    return ok


def check_read(cli, scratch, name):
    require_foreign()
    folder, unpacked = FIXTURES / "quantized" / name, scratch / "unpacked"
    run([*FOREIGN, HERE / "unpack_folder.py", folder, unpacked])
    print(f"{name}: {compare(cli, folder, unpacked)} tensors identical")
    return True


def main():
    cli, scratch, case = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    scratch.mkdir(parents=True, exist_ok=True)
    kind, _, rest = case.partition("-")
    return 0 if (check_read(cli, scratch, rest) if kind == "read" else check_written(cli, scratch, case)) else 1


if __name__ == "__main__":
    sys.exit(main())
