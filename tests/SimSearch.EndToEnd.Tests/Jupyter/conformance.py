"""Jupyter's conformance suite (python3-jupyter-kernel-test) against the installed kernel."""
import unittest

import jupyter_kernel_test
from jupyter_client.utils import run_sync
from jupyter_kernel_test.msgspec_v5 import validate_message

LIMIT = 60
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


class SimSearchKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "simsearch"
    language_name = "C#"
    file_extension = ".cs"
    code_hello_world = 'Console.WriteLine("hello, world");'
    code_stderr = 'Console.Error.WriteLine("hello");'
    completion_samples = [
        {"text": "Console.WriteL", "matches": {"WriteLine"}},
        {"text": "#!ls", "matches": {"#!lsmagic"}},
        {"text": "string.IsNullOr", "matches": {"IsNullOrEmpty", "IsNullOrWhiteSpace"}},
        {"text": "AudioSig", "matches": set()},  # needs its using
        {"text": "using SimSearch.Aud", "matches": {"Audio"}},
    ]
    complete_code_samples = ["1 + 1", "var x = 3;", "int F(int n)\n{\n    return n;\n}", "#!time\n1", "await Task.Yield();", "// a remark"]
    incomplete_code_samples = ["if (true) {", "Console.WriteLine(", "var x =", "string Text() =>", "/* a remark"]
    invalid_code_samples = ["}", "var 1 = x;", "int int = 3;"]
    code_generate_error = 'throw new InvalidOperationException("on purpose");'
    code_execute_result = [{"code": "1 + 5", "result": "6"}, {"code": "1 + 6", "result": "7"}, {"code": "1 + 7", "result": "8"}]
    code_display_data = [
        {"code": 'display(HTML("<b>bold</b>"));', "mime": "text/html"},
        {"code": f'display(Convert.FromBase64String("{PICTURE}"));', "mime": "image/png"},
        {"code": '"# Title".DisplayAs("text/markdown");', "mime": "text/markdown"},
        {"code": "display(SimSearch.Charts.Chart.Waveform(new SimSearch.Audio.AudioSignal(new float[800], 8000)));", "mime": "image/svg+xml"},
    ]
    code_history_pattern = "*+ 7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Console.WriteLine"
    code_clear_output = "ClearOutput();"

    # The suite gives a message 0.1 s and takes 0.1 s of silence for the end of what was said: luck on a busy machine. Here a message has a
    # minute, and the end is reached when the kernel has answered one more request.
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        receive = cls.kc.iopub_channel.get_msg
        cls.kc.iopub_channel.get_msg = lambda timeout=None: receive(timeout=LIMIT)

    def flush_channels(self):
        last = self.kc.kernel_info()
        for channel, kind in ((self.kc.shell_channel, "kernel_info_reply"), (self.kc.iopub_channel, "status")):
            while True:
                message = run_sync(channel.get_msg)(timeout=LIMIT)
                validate_message(message)
                if message["parent_header"].get("msg_id") == last and message["msg_type"] == kind and message["content"].get("execution_state") != "busy":
                    break


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    # Only the pager is left out: this kernel has none.
    assert result.testsRun == 12 and [test.id().split(".")[-1] for test, _ in result.skipped] == ["test_pager"], result
    assert result.wasSuccessful()
    print("conforms")
