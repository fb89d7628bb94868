#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What transformers itself makes of quantized folders: load_folders.py REQUEST

REQUEST is a JSON file: `folders` (names and paths), `windows` (lists of token ids) and `first` (position). Prints one line of JSON: `packages`, the versions of what
transformers would use, and for each folder `config` (the class its quantization_config is parsed to, and which of its keys that class keeps), `outcome` ("loaded", or why
not), `problems` (weights missed or not expected) and `losses` of the windows, or, of a folder that holds logits, the `difference` from them.
"""
import importlib.metadata
import json
import sys
import warnings
from pathlib import Path

import torch
import transformers
from transformers.quantizers.auto import AutoQuantizationConfig

from unpack_folder import losses

PACKAGES = ("transformers", "accelerate", "compressed_tensors", "gptqmodel", "optimum", "bitsandbytes")


def versions():
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def first_line(error):
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"


def parsed(quantization):
    """The class, and the keys whose values it keeps as they are."""
    try:
        config = AutoQuantizationConfig.from_dict(dict(quantization))
    except Exception as error:  # whatever a foreign program raises is the result
        return {"refused": first_line(error)}
    kept = dict(vars(config))
    if getattr(config, "quantization_config", None) is not None:
        kept |= json.loads(config.quantization_config.model_dump_json())
    kept |= {key: kept["format"] for key in ("checkpoint_format", "version") if kept.get("format") and key in quantization}
    return {"class": type(config).__name__, "kept": sorted(key for key, value in quantization.items() if key in kept),
            "dropped": sorted(key for key in quantization if key not in kept)}


def difference(model, path):
    """Of the logits from those in the folder (tests/fixtures/quantized), as a share of their range."""
    tokens = json.loads((path / "expected.json").read_text())["tokens"]
    with torch.no_grad():
        logits = model(torch.tensor([tokens])).logits[0].flatten()
    wanted = torch.frombuffer(bytearray((path / "logits.f32").read_bytes()), dtype=torch.float32)
    return ((logits - wanted).abs().max() / (wanted.max() - wanted.min())).item()


def load(path, request):
    result = {}
    config = json.loads((Path(path) / "config.json").read_text())
    quantization = config.get("quantization_config")
    if quantization:
        result["config"] = parsed(quantization)
    transformers.AutoConfig.from_pretrained(path)
    options = {}
    if quantization and quantization["quant_method"] == "mxfp4":
        options["quantization_config"] = transformers.Mxfp4Config(dequantize=True)
    if quantization and quantization["quant_method"] == "compressed-tensors" and "refused" not in result["config"]:
        options["quantization_config"] = transformers.CompressedTensorsConfig(run_compressed=False)
    try:
        model, report = transformers.AutoModelForCausalLM.from_pretrained(path, output_loading_info=True, attn_implementation="eager", **options)
        problems = {key: sorted(map(str, report[key])) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if report[key]}
        result |= {"outcome": "loaded", "problems": problems}
        model = model.to(torch.float32)
        if (Path(path) / "expected.json").exists():
            result["difference"] = difference(model, Path(path))
        else:
            result["losses"] = losses(model, request)
    except Exception as error:
        result["outcome"] = first_line(error)
    return result


def main():
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    request = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps({"packages": versions(), "folders": {name: load(path, request) for name, path in request["folders"].items()}}))


if __name__ == "__main__":
    main()
