#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the sample model's Hugging Face folder as a GGUF file with the same float16 matrices.

    convert_to_gguf.py FOLDER OUTPUT.gguf

Needs python3-gguf and safetensors. Only for a Llama with this sample's kind of tokenizer: it is the foreign truth that
Quantlathe's own conversion is compared with.
"""
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file


def interleave(matrix, heads):
    """transformers rotates the two halves of a head, llama.cpp's `llama` rotates neighbours: reorder the rows of q and k."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def add_tokenizer(writer, folder, config):
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    special = {token["id"] for token in tokenizer["added_tokens"] if token["special"]}
    vocabulary = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")  # the pre-tokenizer is ByteLevel with its own regular expression, which is GPT-2's
    writer.add_token_list(vocabulary)
    writer.add_token_types([gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL for i in range(len(vocabulary))])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)


def main():
    folder, output = Path(sys.argv[1]), Path(sys.argv[2])
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]

    writer = gguf.GGUFWriter(output, "llama")
    writer.add_type("model")
    writer.add_name("Quantlathe sample")
    writer.add_size_label("3.7M")
    writer.add_license("gpl-3.0-or-later")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(2)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config["hidden_size"] // heads)
    writer.add_rope_freq_base(config.get("rope_theta") or config["rope_parameters"]["rope_theta"])
    add_tokenizer(writer, folder, config)

    tensors = load_file(folder / "model.safetensors")
    table = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    named = {}
    for name, tensor in tensors.items():
        if name.endswith("q_proj.weight"):
            tensor = interleave(tensor, heads)
        elif name.endswith("k_proj.weight"):
            tensor = interleave(tensor, kv_heads)
        named[table.get_name(name, try_suffixes=(".weight",))] = tensor.astype(np.float32) if tensor.ndim == 1 else tensor
    order = lambda name: (name.startswith("output"), int(name.split(".")[1]) if name.startswith("blk") else -1, name)
    for name in sorted(named, key=order):
        writer.add_tensor(name, np.ascontiguousarray(named[name]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
