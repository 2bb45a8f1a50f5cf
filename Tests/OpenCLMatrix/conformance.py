"""The conformance cases of the test program on a device, counted from the event stream of Swift Testing."""

from __future__ import annotations

import json
from pathlib import Path

from device import TESTS, Device, run


def conformance(device: Device, suites: str, operations: str, small: bool, limit: float) -> dict[str, object]:
    """Cases that ran and that failed, with a line for each failure.

    suites: A regular expression of test identifiers.
    operations: A regular expression of operations and matrix products (VAE_GPU_TEST_OPS); empty for all.
    small: Small sizes only.
    """
    events = device.folder / "events.jsonl"
    events.unlink(missing_ok=True)
    environment = device.environment | {"VAE_GPU_TEST_DEVICES": "opencl", "VAE_GPU_TEST_OPS": operations}
    if small:
        environment["VAE_GPU_TEST_SIZES"] = "small"
    command = [str(TESTS), "--testing-library", "swift-testing", "--filter", suites]
    done = run(
        [*command, "--event-stream-version", "0", "--event-stream-output-path", str(events)], environment, limit)
    (device.folder / "conformance.log").write_text(done.text)
    ran, failures = count(events)
    passed = ran - len(failures)
    # Failed cases alone end with 1; anything else is a crash or the time limit.
    if done.failure and (not failures or done.code != 1):
        failures["the test program"] = done.failure
    return {
        "passed": max(0, passed), "failed": len(failures), "seconds": round(done.seconds, 1),
        "failures": [f"{case}: {text}" for case, text in failures.items()],
    }


def count(events: Path) -> tuple[int, dict[str, str]]:
    """The number of test cases that ended, and the first issue of each that failed."""
    ran = 0
    failures: dict[str, str] = {}
    for line in events.read_text().splitlines() if events.exists() else []:
        record = json.loads(line)
        event = record["payload"]
        if record["kind"] != "event":
            continue
        if event["kind"] == "testCaseEnded":
            ran += 1
        elif event["kind"] == "issueRecorded" and not event.get("issue", {}).get("isKnown"):
            texts = [message["text"] for message in event.get("messages", [])]
            test = "/".join(event.get("testID", "").split(".", 1)[-1].split("/")[:2])
            case = event.get("_testCase", {}).get("displayName", "")
            failures.setdefault(f"{test} {case}".strip(), " ".join(texts)[:500])
    return ran, failures
