"""nbclient executes a notebook with the kernel, cell by cell, and stops at the cell that fails; what it leaves is read by nbconvert (see KernelClientTests)."""
import sys

import nbclient
import nbformat

CELLS = [
    'Console.WriteLine("one");\n7',
    'var bar = display("10 %");\nbar.Update("90 %");',
    'var sound = new AudioSignal(Enumerable.Range(0, 4000).Select(i => MathF.Sin(i / 9f)).ToArray(), 8000);\nsound',
    "Chart.Waveform(sound)",
    'new[] { new { Name = "bell", Score = 0.93 }, new { Name = "rain", Score = 0.61 } }',
    "int[] none = [];\nnone[1]",
    'Console.WriteLine("never");',
]
cells = [nbformat.v4.new_code_cell("using SimSearch.Audio;\nusing SimSearch.Charts;")] + [nbformat.v4.new_code_cell(code) for code in CELLS]
notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "simsearch", "display_name": "C# (SimSearch)", "language": "C#"}})
client = nbclient.NotebookClient(notebook, kernel_name="simsearch", timeout=60)
try:
    client.execute()
    raise SystemExit("the failing cell went unnoticed")
except nbclient.exceptions.CellExecutionError as error:
    assert "Index was outside" in error.evalue, error
nbformat.validate(notebook)
outputs = [cell.get("outputs") for cell in notebook.cells[1:]]
assert [[o.output_type for o in cell] for cell in outputs] == [
    ["stream", "execute_result"], ["display_data"], ["execute_result"], ["execute_result"], ["execute_result"], ["error"], []], outputs
assert outputs[0][1].execution_count == notebook.cells[1].execution_count == 2
assert outputs[1][0].data["text/plain"] == "90 %"
assert "<audio" in outputs[2][0].data["text/html"] and "<svg" in outputs[2][0].data["text/html"]
assert "<svg" in outputs[3][0].data["text/html"] and outputs[3][0].data["image/svg+xml"].startswith("<svg")
assert "<td" in outputs[4][0].data["text/html"] and "bell" in outputs[4][0].data["text/plain"]
assert "Cell [7]" in outputs[5][0].traceback[1], outputs[5]

# For nbconvert: the same notebook as it was before, without the cells that fail and follow.
del notebook.cells[-2:]
for cell in notebook.cells:
    cell.outputs, cell.execution_count = [], None
nbformat.write(notebook, sys.argv[1])
print("executed")
