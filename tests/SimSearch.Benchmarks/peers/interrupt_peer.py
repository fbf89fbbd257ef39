"""Runaway cells against the installed kernel: each is interrupted, must end, and the variables from before it must still be there."""
import argparse
import json
import sys
import time

from jupyter_client.manager import KernelManager

LIMIT = 120
# Faiss: a search and a training that take minutes when nobody stops them; the native code gets no token from the cell.
PREPARE = """using SimSearch.Faiss;
int kept = 7;
var data = new float[50_000 * 64];
var random = new Random(1);
for (int i = 0; i < data.Length; i++) data[i] = random.NextSingle();
var index = FaissIndex.Create(64, "Flat");
index.Add(data);
var distances = new float[50_000 * 10];
var ids = new long[50_000 * 10];"""
KINDS = {
    "busy loop": "while (true) kept = 7;",
    "await Task.Delay": "await Task.Delay(-1);",
    "Thread.Sleep": "Thread.Sleep(-1);",
    "Parallel.For": "Parallel.For(0, 64, i => { double x = i; while (true) x = Math.Sqrt(x + 1); });",
    "printing loop": "while (true) Console.WriteLine(\"all work and no play\");",
    "FAISS search": "for (int i = 0; i < 1000; i++) index.Search(data, 10, distances, ids);",
    "FAISS training": "FaissKMeans.Run(data, 64, 512, new FaissKMeansOptions { Iterations = 10_000 });",
    "Console.ReadLine": "Console.ReadLine();",
    "full thread pool": "Task.WaitAll(Enumerable.Range(0, 500).Select(i => Task.Run(() => Thread.Sleep(-1))).ToArray());",
    "spinning tasks": "await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => { while (true) ; })));",
}


def wait_for(client, channel, wanted):
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        message = channel(timeout=LIMIT)
        if wanted(message):
            return message
    raise SystemExit("nothing came")


def run(client, code):
    outputs = []
    reply = client.execute_interactive(code, timeout=LIMIT, output_hook=outputs.append, allow_stdin=False)["content"]
    assert reply["status"] == "ok", reply
    return [o["content"]["data"]["text/plain"] for o in outputs if o["msg_type"] == "execute_result"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20, help="interrupts in all; the kinds take turns")
    parser.add_argument("--kernel", default="simsearch")
    options = parser.parse_args()
    manager = KernelManager(kernel_name=options.kernel)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=LIMIT)
    run(client, PREPARE)
    kinds, seconds, wrong = list(KINDS), {kind: [] for kind in KINDS}, []
    for i in range(options.runs):
        kind = kinds[i % len(kinds)]
        asked = client.execute('Console.Error.Write("on"); ' + KINDS[kind])
        wait_for(client, client.get_iopub_msg, lambda m: m["parent_header"].get("msg_id") == asked and m["msg_type"] == "stream" and m["content"]["name"] == "stderr")
        time.sleep(0.2)  # well inside of it
        before = time.perf_counter()
        manager.interrupt_kernel()
        reply = wait_for(client, client.get_shell_msg, lambda m: m["parent_header"].get("msg_id") == asked)["content"]
        seconds[kind].append(time.perf_counter() - before)
        print(f"{kind}: {seconds[kind][-1]:.3f} s, {reply.get('ename')}", file=sys.stderr)
        if reply.get("ename") != "Interrupted":
            wrong.append(f"{kind}: {reply}")
        # The state is there, and what is asynchronous has its turn.
        if run(client, "await Task.Delay(1); kept + await Task.Run(() => 0)") != ["7"]:
            wrong.append(f"{kind}: the variable is gone")
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    json.dump({"seconds": seconds, "wrong": wrong}, sys.stdout)


if __name__ == "__main__":
    main()
