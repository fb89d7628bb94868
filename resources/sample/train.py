#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the sample model and its tokenizer, and writes them as a Hugging Face folder with float16 weights.

    train.py TEXT_FOLDER OUTPUT_FOLDER [--steps N]

Needs torch, transformers and tokenizers. The same seed, versions and thread count give the same model.
"""
import argparse
import math
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SEED = 20261123
VOCABULARY = 1024
CONTEXT = 256
BATCH = 8
PEAK_RATE = 2.5e-3


def make_tokenizer(text):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=["<s>", "</s>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(text[:4_000_000].split("\n\n"), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", model_max_length=CONTEXT,
                                   clean_up_tokenization_spaces=False)


def encode(tokenizer, text, special=False):
    return tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"]


def training_stream(tokenizer, text, generator):
    """Pages of one to eight documents, each page between <s> and </s>: the model learns both to go on and to end."""
    documents = text.strip().split("\n\n")
    ids, start = [], 0
    while start < len(documents):
        count = int(torch.randint(1, 9, (1,), generator=generator))
        ids += [0, *encode(tokenizer, "\n\n".join(documents[start:start + count])), 1]
        start += count
    return torch.tensor(ids)


def perplexity(model, ids):
    """As llama-perplexity counts it: windows of CONTEXT tokens, the first replaced by <s>, only the second half predicted."""
    total = count = 0
    with torch.no_grad():
        for start in range(0, len(ids) - CONTEXT + 1, CONTEXT):
            window = ids[start:start + CONTEXT].clone()
            window[0] = 0
            logits = model(input_ids=window[None, :-1]).logits[0, CONTEXT // 2:]
            total += torch.nn.functional.cross_entropy(logits, window[CONTEXT // 2 + 1:], reduction="sum").item()
            count += CONTEXT // 2 - 1
    return math.exp(total / count)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=2200)
    arguments = parser.parse_args()

    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    text = (arguments.text / "train.txt").read_text(encoding="utf-8")
    tokenizer = make_tokenizer(text)
    stream = training_stream(tokenizer, text, generator)
    held_out = torch.tensor(encode(tokenizer, (arguments.text / "heldout.txt").read_text(encoding="utf-8"), special=True))
    config = LlamaConfig(vocab_size=VOCABULARY, hidden_size=256, intermediate_size=768, num_hidden_layers=4, num_attention_heads=8,
                         num_key_value_heads=4, max_position_embeddings=CONTEXT, rms_norm_eps=1e-5, tie_word_embeddings=False,
                         bos_token_id=0, eos_token_id=1)
    model = LlamaForCausalLM(config)
    print(f"{len(stream)} training tokens, {len(held_out)} held out, {sum(p.numel() for p in model.parameters())} parameters", flush=True)

    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
                                  lr=PEAK_RATE, betas=(0.9, 0.95))
    began = time.time()
    for step in range(arguments.steps):
        progress = step / arguments.steps
        rate = PEAK_RATE * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        starts = torch.randint(0, len(stream) - CONTEXT - 1, (BATCH,), generator=generator)
        batch = torch.stack([stream[i:i + CONTEXT + 1] for i in starts.tolist()])
        batch[:, 0] = 0  # every window begins as a prompt does
        logits = model(input_ids=batch[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % 50 == 0:
            print(f"step {step + 1} loss {loss.item():.4f} minutes {(time.time() - began) / 60:.1f}", flush=True)

    model.eval()
    model.half()
    model.save_pretrained(arguments.output)
    tokenizer.save_pretrained(arguments.output)
    settings = arguments.output / "tokenizer_config.json"  # a class name that transformers 4 knows too
    settings.write_text(settings.read_text(encoding="utf-8").replace("TokenizersBackend", "PreTrainedTokenizerFast"), encoding="utf-8")
    print(f"held-out perplexity {perplexity(model.float(), held_out):.4f}", flush=True)


if __name__ == "__main__":
    main()
