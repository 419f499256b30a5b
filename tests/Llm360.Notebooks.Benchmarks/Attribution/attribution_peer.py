# The peers of the attribution benchmark: bergson's index, and kronfluence's EK-FAC, on the same
# model and rows.
import json
import os
import resource
import shutil
import sys
import time

import torch
from datasets import Dataset
from torch.utils.data import TensorDataset
from transformers import LlamaForCausalLM

BATCH = 16


def losses(logits, targets):
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")


def bergson_index(folder, rows, size):
    from bergson.build import build_worker
    from bergson.config.config import DistributedConfig, IndexConfig, PreprocessConfig

    run = os.path.join(folder, "bergson")
    config = IndexConfig(run_path=run, model=folder, precision="fp32", projection_dim=size, token_batch_size=BATCH * len(rows[0]),
                         loss_reduction="sum", distributed=DistributedConfig(nnode=1, nproc_per_node=1))
    data = Dataset.from_dict({"input_ids": rows, "labels": rows, "length": [len(r) for r in rows]})

    def work():
        shutil.rmtree(config.partial_run_path, ignore_errors=True)
        config.partial_run_path.mkdir(parents=True)
        build_worker(0, 0, 1, config, PreprocessConfig(), data)

    return work


def kronfluence_ekfac(folder, rows, queries, what):
    from kronfluence.analyzer import Analyzer, prepare_model
    from kronfluence.arguments import FactorArguments, ScoreArguments
    from kronfluence.task import Task

    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    layers = [n for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and n != "lm_head"]

    class Rows(Task):
        def compute_train_loss(self, batch, model, sample=False):
            return losses(model(input_ids=batch[0][:, :-1], use_cache=False).logits, batch[0][:, 1:])

        def compute_measurement(self, batch, model):
            return self.compute_train_loss(batch, model)

        def get_influence_tracked_modules(self):
            return layers

    task = Rows()
    model = prepare_model(model, task)
    analyzer = Analyzer("run", model, task, cpu=True, output_dir=os.path.join(folder, "kronfluence-" + what), disable_tqdm=True)
    train, query = TensorDataset(torch.tensor(rows)), TensorDataset(torch.tensor(rows[:queries]))
    factors = FactorArguments(strategy="ekfac", use_empirical_fisher=True)

    def fit():
        analyzer.fit_all_factors("f", train, per_device_batch_size=BATCH, factor_args=factors, overwrite_output_dir=True)

    def score():
        analyzer.compute_pairwise_scores("s", "f", query, train, per_device_query_batch_size=queries, per_device_train_batch_size=BATCH,
                                         score_args=ScoreArguments(damping_factor=None), overwrite_output_dir=True)

    if what == "factors":
        return fit
    fit()
    return score


def main(what, folder, threads, size, queries):
    torch.set_num_threads(threads)
    with open(os.path.join(folder, "rows.json")) as file:
        rows = json.load(file)
    work = bergson_index(folder, rows, size) if what == "index" else kronfluence_ekfac(folder, rows, queries, what)
    answers = os.dup(1)  # what the libraries print goes to the error stream
    os.dup2(2, 1)
    for _ in sys.stdin:
        start = time.perf_counter()
        work()
        answer = {"seconds": time.perf_counter() - start, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}
        os.write(answers, (json.dumps(answer) + "\n").encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(a) for a in sys.argv[3:6]))
