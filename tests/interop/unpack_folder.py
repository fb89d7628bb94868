#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decodes a quantized folder without this project: unpack_folder.py FOLDER OUT [WINDOWS]

Written from the description of the layouts with NumPy's bit routines (nothing shared with core/). OUT becomes the same model in float32, for
`quantlathe-cli compare FOLDER OUT`, which must find every tensor identical. With WINDOWS, a JSON file of `windows` (lists of token ids) and `first` (position),
transformers loads OUT and prints JSON: `losses`, of each window the mean over the predictions at positions from `first` on, and `problems`, what it missed or did not expect.
Where the folder says that inputs of its matrices are rounded to 8 bits as they come, `rounded` are the losses with that done in front of every one of them.
"""
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

F32 = np.float32
E2M1 = np.array([0, .5, 1, 1.5, 2, 3, 4, 6, -0.0, -.5, -1, -1.5, -2, -3, -4, -6], dtype=F32)


def plain(tensor):
    return tensor.to(torch.float32).numpy()


def stream(words, bits, count):
    """Codes of the little-endian bit stream along the last axis."""
    raw = np.unpackbits(np.ascontiguousarray(words.numpy().astype("<i4")).view(np.uint8), axis=-1, bitorder="little")
    raw = raw[..., :count * bits].reshape(*raw.shape[:-1], count, bits)
    return (raw.astype(np.int64) << np.arange(bits)).sum(-1)


def gptq(pieces, config):
    scales = plain(pieces["scales"])
    groups = pieces["g_idx"].numpy()
    inputs, outputs = len(groups), scales.shape[1]
    bits = pieces["qweight"].shape[0] * 32 // inputs
    codes = stream(pieces["qweight"].T, bits, inputs)
    zeros = stream(pieces["qzeros"], bits, outputs)
    if config["checkpoint_format"] == "gptq":
        zeros = (zeros + 1) % 2 ** bits
    return (scales[groups] * (codes.T - zeros[groups]).astype(F32)).T


def awq(pieces, config):
    scales = plain(pieces["scales"])
    order = np.array([0, 2, 4, 6, 1, 3, 5, 7])

    def natural(words):
        nibbles = stream(words, 4, words.shape[-1] * 8).reshape(words.shape[0], -1, 8)
        result = np.empty_like(nibbles)
        result[:, :, order] = nibbles
        return result.reshape(words.shape[0], -1)

    codes, zeros = natural(pieces["qweight"]), natural(pieces["qzeros"])
    groups = np.arange(codes.shape[0]) // (codes.shape[0] // zeros.shape[0])
    return (scales[groups] * (codes - zeros[groups]).astype(F32)).T


def spread(scales, shape):
    rows, columns = -(-shape[0] // scales.shape[0]), -(-shape[1] // scales.shape[1])
    return np.repeat(np.repeat(scales, rows, 0), columns, 1)[:shape[0], :shape[1]]


def compressed(pieces, config):
    scale = pieces["weight_scale"]
    if "weight_packed" not in pieces:
        scales = plain(scale).reshape(-1, 1) if scale.numel() == 1 else plain(scale)
        block = next(iter(config["config_groups"].values()))["weights"]["block_structure"]
        if block:
            full = np.repeat(np.repeat(scales, block[0], 0), block[1], 1)[:pieces["weight"].shape[0], :pieces["weight"].shape[1]]
            return full * plain(pieces["weight"])
        return spread(scales, pieces["weight"].shape) * plain(pieces["weight"])
    packed = pieces["weight_packed"]
    if packed.dtype == torch.uint8:
        nibbles = np.stack([packed.numpy() & 15, packed.numpy() >> 4], -1).reshape(packed.shape[0], -1)
        if "weight_global_scale" in pieces:
            scales = plain(scale) / pieces["weight_global_scale"].numpy()
        else:
            scales = np.exp2(scale.numpy().astype(F32) - 127)
        return spread(scales, nibbles.shape) * E2M1[nibbles]
    outputs, inputs = pieces["weight_shape"].tolist()
    bits = packed.shape[1] * 32 // inputs
    codes = stream(packed, bits, inputs)
    scales = plain(scale)
    groups = pieces["weight_g_idx"].numpy() if "weight_g_idx" in pieces else np.arange(inputs) // -(-inputs // scales.shape[1])
    zeros = np.full(scales.shape, 2 ** (bits - 1))
    if "weight_zero_point" in pieces:
        zeros = stream(pieces["weight_zero_point"].T, bits, outputs).T
    return scales[:, groups] * (codes - zeros[:, groups]).astype(F32)


def fp8(pieces, config):
    scale = pieces.get("weight_scale_inv", pieces.get("weight_scale"))
    scales = plain(scale).reshape(-1, 1) if scale.numel() == 1 else plain(scale)
    if "weight_block_size" in config:
        rows, columns = config["weight_block_size"]
        full = np.repeat(np.repeat(scales, rows, 0), columns, 1)[:pieces["weight"].shape[0], :pieces["weight"].shape[1]]
        return full * plain(pieces["weight"])
    return spread(scales, pieces["weight"].shape) * plain(pieces["weight"])


METHODS = {"gptq": (gptq, ["qweight", "qzeros", "scales", "g_idx"], "qweight"), "awq": (awq, ["qweight", "qzeros", "scales"], "qweight"),
           "compressed-tensors": (compressed, ["weight", "weight_packed", "weight_scale", "weight_shape", "weight_zero_point", "weight_global_scale", "weight_g_idx",
                                       "input_scale", "input_global_scale"],
                                  "weight_scale"),
           "fp8": (fp8, ["weight", "weight_scale", "weight_scale_inv", "input_scale"], "weight_scale")}


def rounding(quantization):
    """What goes into quantized matrices, as engines have it; None = nothing is done to it."""
    def integers(x):
        scale = x.abs().amax(-1, keepdim=True) / 127
        return torch.where(scale > 0, torch.round(x / scale) * scale, torch.zeros_like(x))

    def floats(x):
        scale = x.abs().amax(-1, keepdim=True) / 448
        return torch.where(scale > 0, (x / scale).clamp(-448, 448).to(torch.float8_e4m3fn).to(torch.float32) * scale, torch.zeros_like(x))

    def floats_of_128(x):
        return floats(x.unflatten(-1, (-1, 128))).flatten(-2)

    if quantization.get("quant_method") == "fp8" and quantization["activation_scheme"] == "dynamic":
        return floats_of_128 if quantization.get("weight_block_size") == [128, 128] else floats
    inputs = next(iter(quantization.get("config_groups", {"": {}}).values())).get("input_activations")
    if not inputs or not inputs["dynamic"]:
        return None
    return integers if inputs["type"] == "int" else floats_of_128 if inputs["strategy"] == "group" else floats


def losses(model, request):
    result = []
    for window in request["windows"]:
        ids = torch.tensor([window])
        with torch.no_grad():
            logits = model(ids).logits[0, request["first"]:-1].to(torch.float64)
        result.append(torch.nn.functional.cross_entropy(logits, ids[0, request["first"] + 1:]).item())
    return result


def main():
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    stored = {}
    for file in sorted(source.glob("*.safetensors")):
        with safe_open(file, framework="pt") as shard:
            assert shard.metadata() == {"format": "pt"}
            stored |= {name: shard.get_tensor(name) for name in shard.keys()}
    index = source / "model.safetensors.index.json"
    if index.exists():
        assert set(json.loads(index.read_text())["weight_map"]) == set(stored)
    config = json.loads((source / "config.json").read_text())
    result, modules = dict(stored), []
    quantization = config.pop("quantization_config", {})
    if quantization:
        decode, suffixes, mark = METHODS[quantization["quant_method"]]
        for name in [name for name in stored if name.endswith(("." + mark, "." + mark + "_inv"))]:
            module = name.rsplit(".", 1)[0]
            modules.append(module)
            pieces = {suffix: result.pop(f"{module}.{suffix}") for suffix in suffixes if f"{module}.{suffix}" in result}
            result[f"{module}.weight"] = torch.from_numpy(np.ascontiguousarray(decode(pieces, quantization), dtype=F32))
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for key in ("torch_dtype", "dtype"):
        if key in config:
            config[key] = "float32"
    (target / "config.json").write_text(json.dumps(config, indent=1))
    save_file({name: tensor if not tensor.dtype.is_floating_point else tensor.to(torch.float32).contiguous() for name, tensor in result.items()},
              target / "model.safetensors", {"format": "pt"})
    if len(sys.argv) < 4:
        return
    import transformers
    request = json.loads(Path(sys.argv[3]).read_text())
    model, report = transformers.AutoModelForCausalLM.from_pretrained(target, output_loading_info=True, attn_implementation="eager")
    problems = {key: sorted(map(str, report[key])) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if report[key]}
    answer = {"losses": losses(model, request), "problems": problems, "rounded": None}
    rounds = rounding(quantization)
    linear = dict(model.named_modules())
    if rounds and all(module in linear for module in modules):  # experts have no modules of their own
        for module in modules:
            linear[module].register_forward_pre_hook(lambda _, inputs: (rounds(inputs[0]), *inputs[1:]))
        answer["rounded"] = losses(model, request)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
