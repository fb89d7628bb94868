#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does llama.cpp continue the sample's prompts with a file of ours as transformers does with the original?

    check_sample.py MODEL.gguf [CASE]...

sample.json holds the cases: prompts and the greedy continuations of the float16 model. All are checked if none is named.
With llama-quantize every type from Q8_0 down to Q2_K gives these tokens, so a difference means a broken file.
Exit 77 if run_llama.sh skips.
"""
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def check(model, case):
    run = subprocess.run([HERE / "run_llama.sh", model, case["prompt"], str(len(case["tokens"]))], stdout=subprocess.PIPE, text=True)
    print(run.stdout, end="", flush=True)
    if run.returncode != 0:
        return run.returncode
    result = json.loads(run.stdout)
    for key in ("prompt_tokens", "tokens"):
        if result[key] != case[key]:
            print(f"{case['name']}: {key} differ, expected {case[key]}\n{case['text']}", file=sys.stderr)
            return 1
    return 0


def main():
    model, *wanted = sys.argv[1:]
    cases = {case["name"]: case for case in json.loads((HERE / "sample.json").read_text(encoding="utf-8"))}
    for name in wanted or cases:
        if code := check(model, cases[name]):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
