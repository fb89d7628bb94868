#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does llama.cpp compute from our conversion of a Hugging Face folder what the transformers library computes from the folder?

    check_folders.py QUANTLATHE_CLI PROBE NPM_DIRECTORY SCRATCH model NAME
    check_folders.py QUANTLATHE_CLI PROBE NPM_DIRECTORY SCRATCH tokenizer NAME

model: the tiny model fixtures/inference/hf/NAME (DeepSeek: latent/NAME), converted to F32, gives the logits in its expected.json. tokenizer: fixtures/tokenizers/own/NAME in a
model's folder gives the ids in fixtures/tokenizers/vectors. llama.cpp keeps keys and values in half precision here, hence the bound; with a float32
cache the distances are below 3e-4 (gemma's and gpt2's GELU reads a half-precision table), else 1e-5.

Exit 77 with a line "SKIPPED: ..." where llama.cpp cannot be had or does not know the architecture yet.
"""
import array
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures"
LARGEST_DIFFERENCE = 5e-3  # of the range of the logits
# What no GGUF makes engines do: expected.json has what it means instead.
GGUF_MEANS = {"mistral", "phi3", "gpt-oss"}


def small_tokenizer():
    vocab = {"<s>": 0, "</s>": 1, **{chr(ord("A") + index): index + 2 for index in range(56)}, "ab": 58}
    added = [{"id": index, "content": text, "special": True} for index, text in enumerate(("<s>", "</s>"))]
    return {"added_tokens": added, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
            "model": {"type": "BPE", "vocab": vocab, "merges": ["a b"]}}


def convert(cli, folder, target):
    run = subprocess.run([cli, "quantize", folder, target, "--type", "F32", "--no-error", "-q"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)


def probe(program, directory, model, request, scratch):
    file = scratch / "request.json"
    file.write_text(json.dumps(request), encoding="utf-8")
    run = subprocess.run([HERE / "run_probe.sh", program, model, file, directory], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    if run.returncode == 77 or "unknown model architecture" in run.stderr:
        print(run.stdout if run.returncode == 77 else "SKIPPED: this llama.cpp does not know the architecture")
        sys.exit(77)
    if run.returncode != 0:
        sys.exit(run.stdout + run.stderr)
    return json.loads(run.stdout)


def floats(path):
    values = array.array("f")
    values.frombytes(Path(path).read_bytes())
    return values


def check_model(cli, program, directory, scratch, name):
    source = FIXTURES / "inference" / ("latent" if name.startswith("deepseek") else "hf") / name
    folder = scratch / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("config.json", "model.safetensors"):
        shutil.copy(source / file, folder / file)
    (folder / "tokenizer.json").write_text(json.dumps(small_tokenizer()))
    convert(cli, folder, scratch / f"{name}.gguf")
    ok = True
    for case in json.loads((source / "expected.json").read_text())["cases"]:
        if name == "phi3-longrope" and case["name"] == "short":
            continue  # llama.cpp chooses by the context it was started with
        logits = scratch / "logits.f32"
        probe(program, directory, scratch / f"{name}.gguf", {"ids": case["tokens"], "logits": str(logits)}, scratch)
        ours = floats(logits)
        wanted = floats(source / case["gguf_logits" if name in GGUF_MEANS and "gguf_logits" in case else "logits"])
        assert len(ours) == len(wanted)
        difference = max(abs(a - b) for a, b in zip(ours, wanted)) / (max(wanted) - min(wanted))
        print(f"{name} {case['name']}: logits differ by {difference:.6f} of their range")
        ok = ok and difference <= LARGEST_DIFFERENCE
    return ok


def with_rows(source, target, rows):
    """The model with more rows in embedding and output."""
    data = source.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    body, entries = b"", {}
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        piece, shape = data[8 + length + begin:8 + length + end], entry["shape"]
        if key in ("model.embed_tokens.weight", "lm_head.weight"):
            width = len(piece) // shape[0]
            piece, shape = (piece * (rows // shape[0] + 1))[:rows * width], [rows, *shape[1:]]
        entries[key] = {"dtype": entry["dtype"], "shape": shape, "data_offsets": [len(body), len(body) + len(piece)]}
        body += piece
    text = json.dumps(entries).encode()
    target.write_bytes(struct.pack("<Q", len(text)) + text + body)


def check_tokenizer(cli, program, directory, scratch, name):
    folder = scratch / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in (FIXTURES / "tokenizers" / "own" / name).iterdir():
        if file.suffix != ".gguf":
            shutil.copy(file, folder / file.name)
    model = FIXTURES / "inference" / "hf" / "llama"
    rows = 720
    (folder / "config.json").write_text(json.dumps({**json.loads((model / "config.json").read_text()), "vocab_size": rows}))
    with_rows(model / "model.safetensors", folder / "model.safetensors", rows)
    convert(cli, folder, scratch / f"{name}.gguf")
    texts = json.loads((FIXTURES / "tokenizers" / "texts.json").read_text(encoding="utf-8"))["texts"]
    vectors = json.loads((FIXTURES / "tokenizers" / "vectors" / f"own-{name}-gguf.json").read_text(encoding="utf-8"))
    wanted = dict(vectors["ids"])
    if "ids_like" in vectors:
        like = json.loads((FIXTURES / "tokenizers" / "vectors" / f"{vectors['ids_like']}.json").read_text(encoding="utf-8"))
        wanted = {**like["ids"], **wanted}
    names = [key for key in texts if wanted.get(key) is not None]
    assert len(names) > 100
    tokens = probe(program, directory, scratch / f"{name}.gguf", {"texts": [texts[key] for key in names]}, scratch)["tokens"]
    wrong = [key for key, ids in zip(names, tokens) if ids != wanted[key]]
    print(f"{name}: {len(names) - len(wrong)} of {len(names)} texts as expected", wrong[:5])
    return not wrong


def main():
    cli, program, directory, scratch, kind, name = sys.argv[1:]
    scratch = Path(scratch)
    scratch.mkdir(parents=True, exist_ok=True)
    check = {"model": check_model, "tokenizer": check_tokenizer}[kind]
    return 0 if check(cli, program, directory, scratch, name) else 1


if __name__ == "__main__":
    sys.exit(main())
