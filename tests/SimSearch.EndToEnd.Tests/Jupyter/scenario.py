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


manager = KernelManager(kernel_name="simsearch")
started = time.perf_counter()
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=LIMIT)
first = time.perf_counter() - started

# Cells, state and the heartbeat.
assert printed(client, 'Console.WriteLine("Grüße, 世界 \U0001f600");') == "Grüße, 世界 \U0001f600\n"
run(client, 'var kept = "yes";')
reply, outputs = run(client, 'throw new InvalidOperationException("on purpose");')
assert (reply["status"], reply["ename"]) == ("error", "System.InvalidOperationException")
assert printed(client, "Console.WriteLine(kept);") == "yes\n"
assert client.is_alive() and client.hb_channel.is_beating()
times = []
for _ in range(50):
    before = time.perf_counter()
    printed(client, "Console.WriteLine(1);")
    times.append(time.perf_counter() - before)

# Much output arrives whole.
assert printed(client, 'for (int i = 0; i < 10000; i++) Console.WriteLine("all work and no play");') == "all work and no play\n" * 10000

# Interrupt, by the message that kernel.json asks for.
waiting = client.execute('Console.WriteLine("waiting"); await Task.Delay(-1);')
while client.get_iopub_msg(timeout=LIMIT)["msg_type"] != "stream":
    pass
before = time.perf_counter()
manager.interrupt_kernel()
reply = client.get_shell_msg(timeout=LIMIT)
interrupted = time.perf_counter() - before
assert reply["parent_header"]["msg_id"] == waiting and reply["content"]["ename"] == "Interrupted", reply
assert printed(client, "Console.WriteLine(kept);") == "yes\n"

# A question, answered through stdin; and a client that takes none.
outputs = []
client.execute_interactive('Console.WriteLine("got " + (Input("your name?") ?? "nothing"));', timeout=LIMIT, output_hook=outputs.append, stdin_hook=lambda question: client.input(question["content"]["prompt"].upper()))
assert [o["content"]["text"] for o in outputs if o["msg_type"] == "stream"] == ["got YOUR NAME?\n"], outputs
assert run(client, 'Console.WriteLine("got " + (Console.ReadLine() ?? "nothing"));', allow_stdin=False)[1][-2][1]["text"] == "got nothing\n"

# A second client sees what the first one runs.
second = BlockingKernelClient(connection_file=manager.connection_file)
second.load_connection_file()
second.start_channels()
second.wait_for_ready(timeout=LIMIT)
assert printed(second, "Console.WriteLine(kept);") == "yes\n"
mine = client.execute('Console.WriteLine("seen by both");')
while True:
    message = second.get_iopub_msg(timeout=LIMIT)
    if message["parent_header"].get("msg_id") == mine and message["msg_type"] == "stream":
        break
client.get_shell_msg(timeout=LIMIT)
second.stop_channels()

# Names, their members and their documentation, in the middle of a cell.
run(client, "var sounds = new List<string> { \"bell\" };")
client.complete("var first = sounds.Fir\nfirst", 22)
matches = client.get_shell_msg(timeout=LIMIT)["content"]
assert "First" in matches["matches"] and (matches["cursor_start"], matches["cursor_end"]) == (19, 22), matches
client.inspect("sounds.Add(", 9)
found = client.get_shell_msg(timeout=LIMIT)["content"]
assert "List<string>.Add(string item)" in found["data"]["text/plain"], found

# What is missing is named, and costs nothing else.
reply, _ = run(client, '#r "nowhere/missing.dll"\n1')
assert reply["ename"] == "ReferenceError" and "there is no file" in reply["evalue"], reply
reply, _ = run(client, 'using System.Runtime.InteropServices;\n[DllImport("no_such_library")] static extern int nothing();\nnothing()')
assert reply["ename"] == "System.DllNotFoundException" and "no_such_library" in reply["evalue"], reply
assert printed(client, "Console.WriteLine(kept);") == "yes\n"

# A restart forgets the variables, on the same ports, and remembers what was typed.
manager.restart_kernel()
client.wait_for_ready(timeout=LIMIT)
reply, outputs = run(client, "kept")
assert reply["ename"] == "CompilationError" and "CS0103" in reply["evalue"], reply
client.history(hist_access_type="search", pattern="var kept*")
history = client.get_shell_msg(timeout=LIMIT)["content"]["history"]
assert [code for _, _, code in history] == ['var kept = "yes";'], history
client.history(hist_access_type="range", session=-1, start=1, stop=2)
assert client.get_shell_msg(timeout=LIMIT)["content"]["history"][0][2].startswith("Console.WriteLine"), history

# A cell that ends the process: the client notices, and a new kernel serves it.
client.execute("Environment.Exit(3);")
deadline = time.monotonic() + LIMIT
while manager.is_alive():
    assert time.monotonic() < deadline, "the process is still there"
    time.sleep(0.02)
manager.restart_kernel()
client.wait_for_ready(timeout=LIMIT)
assert printed(client, "Console.WriteLine(1 + 1);") == "2\n"

# A kernel that is asked to go goes.
client.stop_channels()
manager.shutdown_kernel()
assert manager.provisioner is None or not manager.has_kernel

print(f"start to ready {first * 1000:.0f} ms, cell {statistics.median(times) * 1000:.1f} ms median, interrupt {interrupted * 1000:.0f} ms")
print("all as it should be")
