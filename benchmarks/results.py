"""What the benchmark scripts share: results as JSON files under benchmarks/results, each with the machine, the commit and the options
it was measured with. Standard library only."""

import datetime
import json
import os
import platform
import statistics
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RESULTS = os.path.join(ROOT, "benchmarks", "results")
SHARED = os.environ.get("NABLA_DATA") or os.path.join(ROOT, "..", "shared")


def output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def field(path, key):
    try:
        with open(path) as f:
            return next((line.split(":", 1)[1].strip() for line in f if line.startswith(key)), "")
    except OSError:
        return ""


def cache(index):
    try:
        with open(f"/sys/devices/system/cpu/cpu0/cache/index{index}/size") as f:
            return f.read().strip()
    except OSError:
        return ""


def machine():
    return {
        "cpu": field("/proc/cpuinfo", "model name"),
        "family": " ".join(field("/proc/cpuinfo", key) for key in ("cpu family", "model\t")),
        "cores": len(os.sched_getaffinity(0)),
        "caches": [cache(i) for i in (0, 2, 3)],
        "memory_gb": round(int(field("/proc/meminfo", "MemTotal").split()[0]) / 2**20),
        "system": platform.platform(),
    }


def commit():
    """The commit that was measured; "+" where the sources differ from it."""
    name = output_of("git", "-C", ROOT, "rev-parse", "--short=12", "HEAD")
    changed = output_of("git", "-C", ROOT, "status", "--porcelain", "--", "tensor", "autograd", "nn", "apps", "CMakeLists.txt")
    return name + ("+" if changed else "")


def spread(values):
    """Median, smallest, largest and all, in the order of measurement."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "all": [round(v, 6) for v in values]}


def path_of(name):
    return os.path.join(RESULTS, name + ".json")


def store(name, options, measured):
    """Returns what was stored."""
    result = {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "machine": machine(),
        "load_before": os.getloadavg()[0],
        "options": options,
        **measured,
    }
    os.makedirs(RESULTS, exist_ok=True)
    with open(path_of(name), "w") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    return result


def load(name):
    """None where nothing was stored yet."""
    try:
        with open(path_of(name)) as f:
            return json.load(f)
    except FileNotFoundError:
        return None


def rows(text):
    """Of a benchmark's table: {what: {column: value}}."""
    lines = [line.split("\t") for line in text.splitlines() if "\t" in line]
    return {line[0]: dict(zip(lines[0][1:], line[1:])) for line in lines[1:]}
