# The peer of the memorization benchmark: transformers' generate and a comparison, as the authors' analysis repository does it.
import json
import os
import sys
import time

import torch
from transformers import LlamaForCausalLM


def main(folder, threads, count, batch, half):
    torch.set_num_threads(threads)
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with open(os.path.join(folder, "rows.json")) as file:
        rows = torch.tensor(json.load(file)[:count])
    with torch.inference_mode():
        for _ in sys.stdin:
            start = time.perf_counter()
            matches = []
            for at in range(0, count, batch):
                prompts, continuations = rows[at:at + batch, :half], rows[at:at + batch, half:]
                ids = model.generate(prompts, attention_mask=torch.ones_like(prompts), max_new_tokens=half, min_new_tokens=half, do_sample=False, pad_token_id=0)
                matches.append(ids[:, half:] == continuations)
            first = torch.cat(matches).long().cumprod(1).sum(1)
            print(json.dumps({"seconds": time.perf_counter() - start, "first_mismatches": " ".join(str(int(f)) for f in first)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *(int(a) for a in sys.argv[2:6]))
