# The peer of the training benchmark: a plain PyTorch loop over transformers' LlamaForCausalLM, float32 on the CPU.
import json
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM


def main(threads, batch, length, vocabulary, hidden, intermediate, layers, heads, learning_rate):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=hidden, intermediate_size=intermediate, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=heads, max_position_embeddings=length, rms_norm_eps=1e-6, tie_word_embeddings=False, use_cache=False)
    model = LlamaForCausalLM(config).float().train()
    tokens = torch.randint(3, vocabulary, (batch, length))
    optimizers = {
        kind: torch.optim.AdamW(model.parameters(), lr=learning_rate, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, **{kind: True})
        for kind in ("foreach", "fused")
    }

    def step(optimizer):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        logits = model(input_ids=tokens[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.view(-1, vocabulary), tokens[:, 1:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        return time.perf_counter() - start

    # The faster of the two optimizers is the peer.
    trial = {kind: min(step(optimizer) for _ in range(6)) for kind, optimizer in optimizers.items()}
    optimizer = optimizers[min(trial, key=trial.get)]
    for line in sys.stdin:
        end = time.perf_counter() + float(line)
        steps = [step(optimizer)]
        while time.perf_counter() < end:
            steps.append(step(optimizer))
        print(json.dumps({"steps": steps, "version": torch.__version__, "optimizer": min(trial, key=trial.get)}), flush=True)


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:9]), float(sys.argv[9]))
