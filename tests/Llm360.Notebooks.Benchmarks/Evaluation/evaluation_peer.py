# The peer of the evaluation benchmark: lm-eval's hf backend on the same token requests.
import json
import os
import sys
import time

import torch
from lm_eval.models.huggingface import HFLM
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from tokenizers import Tokenizer, models


def main(folder, threads, batch):
    torch.set_num_threads(threads)
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    # Requests come as tokens: the tokenizer is only there because the backend asks for one.
    tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=Tokenizer(models.BPE(vocab={"<s>": 0, "</s>": 1}, merges=[])),
    bos_token="<s>", eos_token="</s>", pad_token="</s>")
    lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=batch, device="cpu")
    with open(os.path.join(folder, "requests.json")) as file:
        requests = [((str(c), str(i)), c, t) for i, (c, t) in enumerate(json.load(file))]
    for _ in sys.stdin:
        start = time.perf_counter()
        answers = lm._loglikelihood_tokens(requests, disable_tqdm=True)
        print(json.dumps({"seconds": time.perf_counter() - start, "log_likelihoods": [a[0] for a in answers]}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *(int(a) for a in sys.argv[2:4]))
