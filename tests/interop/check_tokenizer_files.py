#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does transformers read from a folder that we made of a GGUF the tokens that it reads from the original's? check_tokenizer_files.py CLI SCRATCH CASE

Cases: stories (SentencePiece), prose (byte-level BPE). Without transformers or the models: exit 77 with a line "SKIPPED: ...".
"""
import json
import shutil
import sys
from pathlib import Path

from check_unpacked import FIXTURES, FOREIGN, SHARED, require_foreign, run, skip

DERIVED = SHARED / "models" / "derived"
CASES = {"stories": (DERIVED / "stories260K-f32.gguf", DERIVED / "stories260K-hf"), "prose": (DERIVED / "prose-llama-6m" / "model-f16.gguf", DERIVED / "prose-llama-6m")}
COMPARE = """
import json, sys
from transformers import AutoTokenizer
first, second = (AutoTokenizer.from_pretrained(folder) for folder in sys.argv[1:3])
texts = json.load(open(sys.argv[3], encoding="utf-8"))["texts"]
wrong = [key for key, text in texts.items() if first.encode(text) != second.encode(text)]
print(json.dumps({"texts": len(texts), "wrong": wrong, "classes": [type(first).__name__, type(second).__name__]}))
"""


def main():
    cli, scratch, case = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    scratch.mkdir(parents=True, exist_ok=True)
    require_foreign()
    gguf, original = CASES[case]
    if not gguf.exists() or not original.exists():
        skip(f"{gguf} or {original} is not there")
    folder = scratch / "folder"
    shutil.rmtree(folder, ignore_errors=True)
    run([cli, "quantize", gguf, folder, "--to", "safetensors", "-q"])
    program = scratch / "compare.py"
    program.write_text(COMPARE)
    result = json.loads(run([*FOREIGN, program, folder, original, FIXTURES / "tokenizers" / "texts.json"]).splitlines()[-1])
    print(f"{case}: {result['texts'] - len(result['wrong'])} of {result['texts']} texts have the tokens of the original ({', '.join(result['classes'])})", result["wrong"][:5])
    return 0 if not result["wrong"] and result["texts"] > 100 else 1


if __name__ == "__main__":
    sys.exit(main())
