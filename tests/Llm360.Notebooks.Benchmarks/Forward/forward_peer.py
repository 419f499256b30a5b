# The peer of the forward benchmark: transformers' LlamaForCausalLM on the CPU, from the same checkpoint.
import json
import sys
import time

import torch
from transformers import LlamaForCausalLM


def main(what, folder, kind, threads, rows, length, new_tokens):
    torch.set_num_threads(threads)
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16 if kind == "bf16" else torch.float32).eval()
    tokens = torch.tensor([[3 + (i * 7919 + t * 104729) % 31990 for t in range(length)] for i in range(rows)])

    def score():
        return model(input_ids=tokens, use_cache=False).logits

    def answers():
        # What the kit's Score answers, row by row so that not everything is in memory several times.
        for logits, row in zip(score(), tokens):
            targets = row[1:, None]
            log = logits[:-1].float().log_softmax(-1)
            probability = log.exp()
            mean = (probability * log).sum(-1)
            ((probability * log * log).sum(-1) - mean * mean).sqrt()
            log.gather(-1, targets), (logits[:-1] > logits[:-1].gather(-1, targets)).sum(-1), logits.argmax(-1)

    def decode():
        return model.generate(tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=new_tokens, min_new_tokens=new_tokens, do_sample=False, pad_token_id=0)

    work = {"score": score, "answers": answers, "decode": decode}[what]
    with torch.inference_mode():
        for line in sys.stdin:
            end = time.perf_counter() + float(line)
            passes = []
            while not passes or time.perf_counter() < end:
                start = time.perf_counter()
                work()
                passes.append(time.perf_counter() - start)
            print(json.dumps({"passes": passes, "version": torch.__version__}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4], *(int(a) for a in sys.argv[4:8]))
