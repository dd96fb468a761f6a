"""Speed and memory of training, the usual tutorial's recipe against this project's, on DistilBERT-base's shape.

    python -m benchmarks.training [--data news/train.tsv] [--device cuda] [--end-to-end news/train.tsv]

Both train the same model (6 layers of width 768, random weights) on the same texts and cores, each run in a fresh
process, turn about; a figure is the median of its runs. Texts per second are texts trained on once: the ratio at equal
epochs. --end-to-end also times the way from that file to a tested model.tar.gz. Last line: one JSON object. Run it in
.venv-model.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import chips
from benchmarks.screen import Line
from benchmarks.training import end_to_end
from benchmarks.training.recipes import OURS, TUTORIAL

ROOT = Path(__file__).resolve().parents[2]
# Texts that each recipe trains on, timed and before that: some 20 and 60 s on 2 cores, and as long on a GPU. Ours does
# an epoch, with validation and checkpoint, of about as many texts as the 10,684 real headlines leave for training.
TEXTS = {("cpu", TUTORIAL): (16, 4), ("cpu", OURS): (8192, 512), ("cuda", TUTORIAL): (2048, 128)} | {
    ("cuda", OURS): (65536, 8192)
}
GPU_BATCH = 256


def measure(recipe: str, chosen: argparse.Namespace, line: Line) -> dict[str, Any]:
    """One recipe's figures, from a separate process."""
    texts, warm_up = TEXTS[chosen.device, recipe]
    command = [sys.executable, "-m", "benchmarks.training.recipes", recipe, "--device", chosen.device]
    command += ["--texts", str(texts), "--warm-up", str(warm_up), "--batch-size", str(chosen.batch_size)]
    if chosen.data:
        command += ["--data", str(chosen.data.resolve())]
    environment = {**os.environ}
    if chosen.device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = ""
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        last = ""
        for printed in process.stdout or ():
            last = printed.strip() or last
            line.show(last)
    if process.returncode:
        raise SystemExit(f"the {recipe} recipe exited with status {process.returncode}; its message is above")
    result: dict[str, Any] = json.loads(last)
    return result


def summary(runs: Sequence[dict[str, Any]], *, peaks: dict[str, float | None]) -> dict[str, Any]:
    """The JSON object's figures: medians of each recipe's runs, their ratio, and shares of the chip's peak.

    ``runs``: what benchmarks.training.recipes printed, of both recipes. ``peaks``: TFLOP/s by name; a name without a
    figure gives no share.
    """
    ours, tutorial = ([run for run in runs if run["recipe"] == recipe] for recipe in (OURS, TUTORIAL))

    def middle(of: Sequence[dict[str, Any]], name: str) -> float:
        return float(median(run[name] for run in of))

    shape = chips.distilbert_base(labels=ours[0]["labels"])
    pieces, squared = ours[0]["word_pieces"], ours[0]["word_pieces_squared"]
    flops = chips.training_flops(shape, length=pieces, squared_length=squared)
    rate, usual = middle(ours, "texts_per_s"), middle(tutorial, "texts_per_s")
    achieved = rate * flops / 1e12
    figures = {
        "ratio": round(rate / usual, 1),
        "texts_per_s": round(rate, 2),
        "tutorial_texts_per_s": round(usual, 3),
        "peak_mb": round(middle(ours, "peak_mb")),
        "tutorial_peak_mb": round(middle(tutorial, "peak_mb")),
        "cpu_seconds_ratio": round(
            median(run["cpu_seconds"] / run["texts"] for run in tutorial)
            / median(run["cpu_seconds"] / run["texts"] for run in ours),
            1,
        ),
        "texts_per_s_runs": [round(run["texts_per_s"], 2) for run in ours],
        "tutorial_texts_per_s_runs": [round(run["texts_per_s"], 3) for run in tutorial],
        "precision": ours[0]["precision"],
        "tutorial_precision": tutorial[0]["precision"],
        "batch_size": ours[0]["batch_size"],
        "tutorial_batch_size": tutorial[0]["batch_size"],
        "word_pieces": round(pieces, 2),
        "gflop_per_text": round(flops / 1e9, 2),
        "achieved_tflops": round(achieved, 3),
        "mfu": {name: round(achieved / peak, 4) for name, peak in peaks.items() if peak},
        "threads": ours[0]["threads"],
    }
    if all("gpu_peak_mb" in run for run in runs):
        figures["gpu_peak_mb"] = round(middle(ours, "gpu_peak_mb"))
        figures["tutorial_gpu_peak_mb"] = round(middle(tutorial, "gpu_peak_mb"))
    return figures


def sentences(result: dict[str, Any]) -> str:
    """The summary above the JSON object."""
    tutorial = f"512 word pieces, batch {result['tutorial_batch_size']}, {result['tutorial_precision']}"
    ours = f"{result['word_pieces']} word pieces, batch {result['batch_size']}, {result['precision']}"
    shares = ", ".join(f"{share:.1%} of the {name}" for name, share in result["mfu"].items())
    return "\n".join(
        [
            f"tutorial: {result['tutorial_texts_per_s']} texts/s, {result['tutorial_peak_mb']} MB ({tutorial})",
            f"ours:     {result['texts_per_s']} texts/s, {result['peak_mb']} MB ({ours}); {result['ratio']} times",
            f"ours does {result['achieved_tflops']} TFLOP/s: {shares}",
        ]
    )


def peaks(device: str, name: str) -> dict[str, float | None]:
    """The chip's peaks: the data sheet's, if it is in the table, and that of a product measured here."""
    from torch import cpu, cuda

    native = cuda.is_bf16_supported(including_emulation=False) if device == "cuda" else _bf16_cpu(cpu)
    precision = "bf16" if native else "fp32"
    sheet = chips.data_sheet_peak(name) if device == "cuda" and native else None
    return {
        "data sheet's bf16 peak": sheet,
        f"{precision} product measured here": chips.matmul_peak(device, precision),
    }


def _bf16_cpu(cpu: Any) -> bool:
    able = cpu.get_capabilities()
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    raw = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(prog="benchmarks.training", description=__doc__, formatter_class=raw)
    options.add_argument("--data", type=Path, help="labelled file to train on; without one, generated headlines")
    options.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options.add_argument("--repeats", type=int, default=3, help="runs of each recipe (default 3)")
    options.add_argument("--batch-size", type=int, default=None, help="of ours; default: the project's (GPU: 256)")
    options.add_argument("--end-to-end", type=Path, metavar="FILE", help="also time FILE to a tested model.tar.gz")
    return options


def main(arguments: Sequence[str]) -> int:
    """Measure, print; 0, or 1 with a message when it cannot be measured here."""
    chosen = parser().parse_args(arguments)
    for path in (chosen.data, chosen.end_to_end):
        if path and not path.is_file():
            raise SystemExit(f"{path} is not a file; name a CSV or TSV with a text and a label column")
    if chosen.device == "cuda":
        from torch import cuda

        if not cuda.is_available():
            raise SystemExit("PyTorch sees no GPU here; run it without --device cuda, or install a CUDA build of torch")
    if chosen.batch_size is None:
        chosen.batch_size = GPU_BATCH if chosen.device == "cuda" else 0
    load_before, started = os.getloadavg()[0], time.monotonic()
    total = 2 * chosen.repeats + 1 + bool(chosen.end_to_end)
    line = Line(total=total)
    name = chips.device_name(chosen.device)
    line.begin("the chip's peak")
    available = peaks(chosen.device, name)
    runs = []
    for _ in range(chosen.repeats):
        for recipe in (TUTORIAL, OURS):
            line.begin(f"{recipe} recipe")
            runs.append(measure(recipe, chosen, line))
            line.end(f"{runs[-1]['texts_per_s']:.3g} texts/s, {runs[-1]['peak_mb']} MB")
    result = summary(runs, peaks=available)
    if chosen.end_to_end:
        line.begin("from dataset to tested model.tar.gz")
        result["end_to_end"] = end_to_end.run(chosen.end_to_end, show=line.show)
        line.end(f"{result['end_to_end']['total_seconds']:.0f} s")
    result |= {
        "device": chosen.device,
        "machine": name,
        "cores": os.cpu_count(),
        "peak_tflops": {name: round(peak, 3) for name, peak in available.items() if peak},
        "data": chosen.data.name if chosen.data else "generated headlines",
        "load_before": round(load_before, 2),
        "seconds": round(time.monotonic() - started),
    }
    print(sentences(result))
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
