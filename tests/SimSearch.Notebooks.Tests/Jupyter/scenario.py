"""What a person does with a kernel, done with jupyter_client: start, run, interrupt, answer input, restart, shut down; two clients at once."""
import statistics
import time

from jupyter_client import BlockingKernelClient
from jupyter_client.manager import KernelManager

LIMIT = 60


def run(client, code, **options):
    """Runs a cell; its reply and its outputs as nbformat has them."""
    outputs = []
    reply = client.execute_interactive(code, timeout=LIMIT, output_hook=outputs.append, **options)["content"]
    return reply, [(o["msg_type"], o["content"]) for o in outputs]


def printed(client, code):
    return "".join(content["text"] for kind, content in run(client, code)[1] if kind == "stream")


manager = KernelManager(kernel_name="simsearch-toy")
started = time.perf_counter()
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=LIMIT)
first = time.perf_counter() - started

# Cells, state and the heartbeat.
assert printed(client, "print Grüße, 世界 \U0001f600") == "Grüße, 世界 \U0001f600\n"
run(client, "set kept yes")
reply, outputs = run(client, "fail on purpose")
assert (reply["status"], reply["ename"]) == ("error", "System.InvalidOperationException")
assert printed(client, "get kept") == "yes\n"
assert client.is_alive() and client.hb_channel.is_beating()
times = []
for _ in range(50):
    before = time.perf_counter()
    printed(client, "print x")
    times.append(time.perf_counter() - before)

# Much output arrives whole.
assert printed(client, "flood 10000") == "all work and no play\n" * 10000

# Interrupt, by the message that kernel.json asks for.
waiting = client.execute("print waiting\nwait")
while client.get_iopub_msg(timeout=LIMIT)["msg_type"] != "stream":
    pass
before = time.perf_counter()
manager.interrupt_kernel()
reply = client.get_shell_msg(timeout=LIMIT)
interrupted = time.perf_counter() - before
assert reply["parent_header"]["msg_id"] == waiting and reply["content"]["ename"] == "Interrupted", reply
assert printed(client, "get kept") == "yes\n"

# A question, answered through stdin; and a client that takes none.
outputs = []
client.execute_interactive("ask your name?", timeout=LIMIT, output_hook=outputs.append, stdin_hook=lambda question: client.input(question["content"]["prompt"].upper()))
assert [o["content"]["text"] for o in outputs if o["msg_type"] == "stream"] == ["got YOUR NAME?\n"], outputs
assert run(client, "ask x", allow_stdin=False)[1][-2][1]["text"] == "got nothing\n"

# A second client sees what the first one runs.
second = BlockingKernelClient(connection_file=manager.connection_file)
second.load_connection_file()
second.start_channels()
second.wait_for_ready(timeout=LIMIT)
assert printed(second, "get kept") == "yes\n"
mine = client.execute("print seen by both")
while True:
    message = second.get_iopub_msg(timeout=LIMIT)
    if message["parent_header"].get("msg_id") == mine and message["msg_type"] == "stream":
        break
client.get_shell_msg(timeout=LIMIT)
second.stop_channels()

# A restart forgets, on the same ports; and a kernel that is asked to go goes.
manager.restart_kernel()
client.wait_for_ready(timeout=LIMIT)
assert printed(client, "get kept") == "(unknown)\n"
client.stop_channels()
manager.shutdown_kernel()
assert manager.provisioner is None or not manager.has_kernel

print(f"start to ready {first * 1000:.0f} ms, cell {statistics.median(times) * 1000:.1f} ms median, interrupt {interrupted * 1000:.0f} ms")
print("all as it should be")
