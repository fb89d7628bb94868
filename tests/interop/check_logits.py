#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does llama.cpp read out of a file of ours the weights that our decoder reads out of it?

    check_logits.py QUANTLATHE_CLI MODEL.gguf FOLDER (--type TYPE | --preset PRESET) [--imatrix FILE]
    check_logits.py QUANTLATHE_CLI MODEL.gguf --complete NAME...

The model is exported to the type; that file is decoded by us to an F32 file; llama.cpp runs both over the sample's texts. Its
kernels round activations to 8 bits, so the logits differ by a little: the bounds below are several times what correct files
show, and far below what a wrong scale, sign or order of codes does. How good the type is does not matter: both files hold the
same weights. The second form checks that NAME... are all types and presets the program knows.

Exit 77 with a line "SKIPPED: ..." where llama.cpp cannot be had or does not know the type yet.
"""
import array
import json
import math
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# Relative RMS difference of the centred logits, and difference of the mean negative log-likelihood of the text in nats.
LARGEST_DIFFERENCE = 0.06
LARGEST_LOSS_CHANGE = 0.03


def command(arguments):
    run = subprocess.run([str(argument) for argument in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        return run, json.loads(run.stdout)
    except ValueError:
        return run, None


def known_names(cli, model, option):
    """The program lists its types and presets when it is asked for one that does not exist."""
    run, result = command([cli, "plan", model, option, "no-such-name", "--json"])
    assert run.returncode == 2, run.stderr
    return result["error"]["message"].split("there are ")[1].split(", ")


def logits(model, text, file):
    """Tokens and one row of logits per token."""
    run = subprocess.run([HERE / "run_llama.sh", model, text, "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         env={**os.environ, "QUANTLATHE_LOGITS": str(file)})
    if run.returncode == 77:
        print(run.stdout, end="")
        sys.exit(77)
    if run.returncode != 0:
        if "invalid ggml type" in run.stderr:
            print(f"SKIPPED: this llama.cpp does not know the type: {run.stderr.strip().splitlines()[0]}")
            sys.exit(77)
        sys.exit(run.stdout + run.stderr)
    result = json.loads(run.stdout)
    values = array.array("f", file.read_bytes())
    size = result["vocabulary"]
    rows = [values[begin:begin + size] for begin in range(0, len(values), size)]
    assert len(rows) == len(result["prompt_tokens"])
    return result["prompt_tokens"], rows


def loss(tokens, rows):
    total = 0.0
    for row, token in zip(rows, tokens[1:]):
        largest = max(row)
        total += largest + math.log(sum(math.exp(value - largest) for value in row)) - row[token]
    return total / (len(tokens) - 1)


def compare(quantized, decoded, folder):
    texts = [case["prompt"] + case["text"] for case in json.loads((HERE / "sample.json").read_text(encoding="utf-8"))]
    squares = differences = 0.0
    loss_change = 0.0
    for text in texts:
        tokens, one = logits(quantized, text, folder / "quantized.logits")
        _, other = logits(decoded, text, folder / "decoded.logits")
        for first, second in zip(one, other):
            mean = sum(second) / len(second)
            squares += sum((value - mean) ** 2 for value in second)
            differences += sum((a - b) ** 2 for a, b in zip(first, second))
        change = loss(tokens, one) - loss(tokens, other)
        loss_change = max(loss_change, abs(change))
    difference = math.sqrt(differences / squares)
    print(f"{quantized.name}: logits differ by {difference:.5f}, loss by {loss_change:.5f} nats")
    return math.isfinite(difference) and difference <= LARGEST_DIFFERENCE and loss_change <= LARGEST_LOSS_CHANGE


def main():
    cli, model, third, *rest = sys.argv[1:]
    if third == "--complete":
        missing = set(known_names(cli, model, "--type") + known_names(cli, model, "--preset")) ^ set(rest)
        print("not the same names:", sorted(missing) if missing else "none")
        return 1 if missing else 0
    folder = Path(third)
    folder.mkdir(parents=True, exist_ok=True)
    quantized, decoded = folder / "quantized.gguf", folder / "decoded.gguf"
    run, result = command([cli, "quantize", model, quantized, *rest, "--json", "--no-error"])
    if run.returncode != 0 and result["error"]["kind"] == "unsupported":
        print(f"SKIPPED: {result['error']['message']}")
        return 77
    if run.returncode != 0:
        sys.exit(run.stderr)
    if "--imatrix" in rest and not any(group["use"] == "used" and group["tensors"] for group in result["importance"]["uses"]):
        sys.exit("no tensor was encoded with the importance data")
    run, _ = command([cli, "quantize", quantized, decoded, "--type", "F32", "--json", "--no-error"])
    if run.returncode != 0:
        sys.exit(run.stderr)
    return 0 if compare(quantized, decoded, folder) else 1


if __name__ == "__main__":
    sys.exit(main())
