"""Our kernel beside ipykernel, driven by the same client on the same machine: the kernels take turns, so that a machine that is busy for a while is busy for both."""
import argparse
import json
import statistics
import sys
import time

from jupyter_client.manager import KernelManager

LIMIT = 120
# The same cell in both languages, in the order of the names given: a first one, simple ones, and one whose completion is asked for.
CELLS = {
    "csharp": dict(
        first="var numbers = Enumerable.Range(0, 10).ToArray(); numbers.Sum()",
        simple=lambda i: f"var x{i % 20} = {i} * 2; x{i % 20} + 1",
        complete="numbers.Wh",
        big=lambda i: f'var v{i} = Enumerable.Range(0, 100).Select(n => n * {i}).ToList(); Console.WriteLine(v{i}.Count); v{i}.Sum()'),
    "python": dict(
        first="numbers = list(range(10)); sum(numbers)",
        simple=lambda i: f"x{i % 20} = {i} * 2; x{i % 20} + 1",
        complete="numbers.ap",
        big=lambda i: f"v{i} = [n * {i} for n in range(100)]; print(len(v{i})); sum(v{i})"),
}


class Kernel:
    def __init__(self, name, cells):
        self.cells = cells
        self.manager = KernelManager(kernel_name=name)
        before = time.perf_counter()
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        # kernel_info is sent at once and answered as soon as there is a kernel: what a person waits for.
        self.client.kernel_info()
        self.client.get_shell_msg(timeout=LIMIT)
        self.start = time.perf_counter() - before
        self.client.wait_for_ready(timeout=LIMIT)

    def run(self, code):
        """Seconds until reply and idle; the cell must have worked."""
        before = time.perf_counter()
        reply = self.client.execute_interactive(code, timeout=LIMIT, output_hook=lambda message: None)
        seconds = time.perf_counter() - before
        assert reply["content"]["status"] == "ok", reply
        return seconds

    def complete(self):
        code = self.cells["complete"]
        before = time.perf_counter()
        asked = self.client.complete(code)
        while True:
            reply = self.client.get_shell_msg(timeout=LIMIT)
            if reply["parent_header"].get("msg_id") == asked:
                break
        assert reply["content"]["matches"], reply
        return time.perf_counter() - before

    def memory(self):
        """Resident MiB."""
        with open(f"/proc/{self.manager.provisioner.pid}/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kernels", nargs="+", help="NAME=LANGUAGE")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--memory", type=int, default=300)
    options = parser.parse_args()
    kernels = [k.split("=") for k in options.kernels]
    results = {name: {key: [] for key in ("start", "first", "simple", "complete")} for name, _ in kernels}
    for _ in range(options.rounds):
        for name, language in kernels:
            cells, result = CELLS[language], results[name]
            kernel = Kernel(name, cells)
            result["start"].append(kernel.start)
            time.sleep(1)  # a person looks at the notebook that has opened
            result["first"].append(kernel.run(cells["first"]))
            for i in range(options.cells):
                result["simple"].append(kernel.run(cells["simple"](i)))
            for _ in range(5):
                result["complete"].append(kernel.complete())
            kernel.close()
    table = {}
    for name, language in kernels:
        table[name] = {key: statistics.median(values) * 1000 for key, values in results[name].items()}
        if options.memory:
            kernel, memory = Kernel(name, CELLS[language]), {}
            for i in range(1, options.memory + 1):
                kernel.run(CELLS[language]["big"](i))
                if i == 1 or i % 100 == 0:
                    memory[i] = kernel.memory()
            table[name]["memory"] = memory
            kernel.close()
    json.dump(table, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
