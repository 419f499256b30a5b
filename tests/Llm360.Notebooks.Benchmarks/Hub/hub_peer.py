"""Downloads a repository into an empty cache, once for each line on standard input."""
import json
import shutil
import sys
import tempfile
import time

import huggingface_hub


def peak_mb():
    # ru_maxrss would be that of the process that started this one.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024 / 1e6


repository = sys.argv[1]
for _ in sys.stdin:
    cache = tempfile.mkdtemp(prefix="llm360-benchmark-")
    start = time.perf_counter()
    huggingface_hub.snapshot_download(repository, cache_dir=cache)
    seconds = time.perf_counter() - start
    shutil.rmtree(cache)
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb(), "version": "huggingface_hub " + huggingface_hub.__version__}), flush=True)
