"""nbclient executes a notebook with the kernel, cell by cell, and stops at the cell that fails."""
import nbclient
import nbformat

cells = [nbformat.v4.new_code_cell(code) for code in ("print one\nresult 1", "named bar 10%\nupdate bar 90%", "show application/json {\"a\": [1]}", "fail here", "print never")]
notebook = nbformat.v4.new_notebook(cells=cells)
client = nbclient.NotebookClient(notebook, kernel_name="simsearch-toy", timeout=60)
try:
    client.execute()
    raise SystemExit("the failing cell went unnoticed")
except nbclient.exceptions.CellExecutionError as error:
    assert error.evalue == "here", error
nbformat.validate(notebook)
outputs = [cell.outputs for cell in notebook.cells]
assert [[o.output_type for o in cell] for cell in outputs] == [["stream", "execute_result"], ["display_data"], ["display_data"], ["error"], []], outputs
assert outputs[0][1].execution_count == notebook.cells[0].execution_count == 1
assert outputs[1][0].data["text/plain"] == "90%"
assert outputs[2][0].data["application/json"] == {"a": [1]}
print("executed")
