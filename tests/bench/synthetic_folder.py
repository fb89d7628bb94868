#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a Hugging Face folder in the shape of a Llama of 1.1 billion weights with random values, for timing whole runs:
synthetic_folder.py TOKENIZER_FOLDER TARGET [LAYERS]. The tokenizer is copied from a folder of a real model; numpy is all it needs."""
import json
import pathlib
import shutil
import sys

import numpy

HIDDEN, FEED_FORWARD, HEADS, KV_HEADS, HEAD, VOCABULARY = 2048, 5632, 32, 4, 64, 32000


def tensors(layers):
    yield "model.embed_tokens.weight", (VOCABULARY, HIDDEN)
    for i in range(layers):
        prefix = f"model.layers.{i}."
        yield prefix + "input_layernorm.weight", (HIDDEN,)
        yield prefix + "self_attn.q_proj.weight", (HEADS * HEAD, HIDDEN)
        yield prefix + "self_attn.k_proj.weight", (KV_HEADS * HEAD, HIDDEN)
        yield prefix + "self_attn.v_proj.weight", (KV_HEADS * HEAD, HIDDEN)
        yield prefix + "self_attn.o_proj.weight", (HIDDEN, HEADS * HEAD)
        yield prefix + "post_attention_layernorm.weight", (HIDDEN,)
        yield prefix + "mlp.gate_proj.weight", (FEED_FORWARD, HIDDEN)
        yield prefix + "mlp.up_proj.weight", (FEED_FORWARD, HIDDEN)
        yield prefix + "mlp.down_proj.weight", (HIDDEN, FEED_FORWARD)
    yield "model.norm.weight", (HIDDEN,)
    yield "lm_head.weight", (VOCABULARY, HIDDEN)


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    layers = int(sys.argv[3]) if len(sys.argv) > 3 else 22
    target.mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        if (source / name).exists():
            shutil.copy(source / name, target / name)
    config = json.loads((source / "config.json").read_text())
    config.update(hidden_size=HIDDEN, intermediate_size=FEED_FORWARD, num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, head_dim=HEAD,
                  num_hidden_layers=layers, vocab_size=VOCABULARY, tie_word_embeddings=False, max_position_embeddings=2048, dtype="float16")
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    header, offset = {}, 0
    for name, shape in tensors(layers):
        size = 2 * int(numpy.prod(shape))
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    random = numpy.random.default_rng(1)
    with open(target / "model.safetensors", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in tensors(layers):
            # Channels differ in strength as those of trained models do; the sums that enter the residual stream are kept small.
            scale = 0.02 / numpy.sqrt(2 * layers) if name.endswith(("o_proj.weight", "down_proj.weight")) else 0.02
            values = 1 + 0.3 * random.standard_normal(shape, dtype="float32") if len(shape) == 1 else scale * random.standard_normal(shape, dtype="float32")
            if len(shape) == 2:
                values *= numpy.exp(0.3 * random.standard_normal(shape[1], dtype="float32"))
            file.write(values.astype("float16").tobytes())


main()
