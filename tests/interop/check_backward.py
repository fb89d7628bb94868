#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that we make of GGUF files, in transformers: check_backward.py CLI SCRATCH

Every model of fixtures/inference/gguf that can be translated back, and DeepSeek's of fixtures/hf by way of our own GGUF files: transformers must load the folder with no
weight missing or left over, and compute the logits of the original. Without transformers: exit 77 with a line "SKIPPED: ...".
"""
import json
import shutil
import sys
from pathlib import Path

from check_folders import small_tokenizer
from check_unpacked import FIXTURES, FOREIGN, require_foreign, run

INFERENCE = FIXTURES / "inference"
MODELS = ("llama", "llama-bias", "llama-rope-linear", "llama-rope-llama3", "llama-rope-yarn", "mixtral", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "gemma", "gemma2",
          "gemma3", "phi3", "olmo2", "smollm3", "gpt2")
LATENT = ("deepseek_v2", "deepseek_v3")
LARGEST_DIFFERENCE = 1e-3  # of the range of the logits
LOAD = """
import json, sys
from pathlib import Path
import torch, transformers
transformers.logging.set_verbosity_error()
answer = {}
for name, job in json.loads(Path(sys.argv[1]).read_text()).items():
    def load(folder):
        return transformers.AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, attn_implementation="eager", dtype=torch.float32)
    model, report = load(job["folder"])
    tokens = torch.tensor([job["tokens"]])
    with torch.no_grad():
        logits = model(tokens).logits[0].flatten()
        if "logits" in job:
            wanted = torch.frombuffer(bytearray(Path(job["logits"]).read_bytes()), dtype=torch.float32)
        else:
            wanted = load(job["original"])[0](tokens).logits[0].flatten()
    answer[name] = {"class": type(model).__name__, "difference": ((logits - wanted).abs().max() / (wanted.max() - wanted.min())).item(),
                    "problems": {key: len(report[key]) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if report[key]}}
print(json.dumps(answer))
"""


def main():
    cli, scratch = sys.argv[1], Path(sys.argv[2])
    scratch.mkdir(parents=True, exist_ok=True)
    require_foreign()
    jobs = {}
    for name in MODELS + LATENT:
        folder = scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        source = INFERENCE / "gguf" / f"{name}.gguf"
        if name in LATENT:
            original = scratch / f"{name}-original"
            shutil.copytree(FIXTURES / "hf" / name, original, dirs_exist_ok=True)
            (original / "tokenizer.json").write_text(json.dumps(small_tokenizer()))
            source = scratch / f"{name}.gguf"
            run([cli, "quantize", original, source, "--type", "F32", "-q"])
            jobs[name] = {"original": str(original), "tokens": list(range(2, 40))}
        else:
            case = json.loads((INFERENCE / "hf" / name / "expected.json").read_text())["cases"][0]
            # What no GGUF can say comes back as what its engines compute.
            means = case["logits"] if name == "phi3" else case.get("gguf_logits", case["logits"])  # its window is a key that engines do not heed
            jobs[name] = {"logits": str(INFERENCE / "hf" / name / means), "tokens": case["tokens"]}
        run([cli, "quantize", source, folder, "--to", "safetensors", "-q"])
        jobs[name]["folder"] = str(folder)
    request, program = scratch / "request.json", scratch / "load.py"
    request.write_text(json.dumps(jobs))
    program.write_text(LOAD)
    answer = json.loads(run([*FOREIGN, program, request]).splitlines()[-1])
    ok = True
    for name, result in answer.items():
        print(f"{name}: {result['class']}, logits differ by {result['difference']:.2e} of their range", result["problems"] or "")
        ok = ok and not result["problems"] and result["difference"] <= LARGEST_DIFFERENCE
    return 0 if ok and len(answer) == len(MODELS + LATENT) else 1


if __name__ == "__main__":
    sys.exit(main())
