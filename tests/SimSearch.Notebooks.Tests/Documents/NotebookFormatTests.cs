using System.Diagnostics;
using System.Text.Json.Nodes;
using SimSearch.Notebooks;
using SimSearch.Tests.Support;

namespace SimSearch.Notebooks.Tests;

public sealed class NotebookFormatTests
{
    /// <summary>Written by hand as Jupyter would write it: fields that nbformat does not define, numbers in several spellings, every kind of output.</summary>
    private const string AsJupyterWritesIt = """
        {
         "cells": [
          {
           "attachments": {
            "dot.png": {
             "image/png": "iVBORw0KGgo="
            }
           },
           "cell_type": "markdown",
           "id": "intro",
           "metadata": {
            "future": {
             "deep": [
              1,
              2.50,
              1e-7,
              -0.0,
              123456789012345678901234567890,
              null,
              true,
              {}
             ]
            }
           },
           "source": [
            "# Tïtle \u001b and \"quotes\" \\ 😀\n",
            "second"
           ]
          },
          {
           "cell_type": "code",
           "execution_count": 3,
           "from_the_future": "kept",
           "id": "c-1_X",
           "metadata": {
            "tags": [
             "parameters"
            ]
           },
           "outputs": [
            {
             "name": "stdout",
             "output_type": "stream",
             "text": [
              "a\n",
              "b"
             ]
            },
            {
             "data": {
              "application/json": [
               "not",
               "lines"
              ],
              "image/png": "iVBORw0KGgo=\n",
              "image/svg+xml": [
               "<svg>\n",
               "</svg>"
              ],
              "text/plain": []
             },
             "metadata": {
              "image/png": {
               "width": 10
              }
             },
             "output_type": "display_data"
            },
            {
             "data": {
              "text/plain": [
               "42"
              ]
             },
             "execution_count": 3,
             "metadata": {},
             "output_type": "execute_result"
            },
            {
             "ename": "E",
             "evalue": "bad",
             "output_type": "error",
             "traceback": [
              "line 1"
             ]
            },
            {
             "anything": [],
             "output_type": "hologram"
            }
           ],
           "source": []
          },
          {
           "cell_type": "raw",
           "id": "raw",
           "metadata": {},
           "source": [
            "x"
           ]
          }
         ],
         "metadata": {
          "kernelspec": {
           "name": ".net-csharp"
          }
         },
         "nbformat": 4,
         "nbformat_minor": 5,
         "unknown_at_the_top": 1
        }

        """;

    [Fact]
    public void What_Jupyter_wrote_is_written_again_byte_for_byte() =>
        Assert.Equal(AsJupyterWritesIt.ReplaceLineEndings("\n"), Make.Parse(AsJupyterWritesIt).ToJson());

    [Fact]
    public void Text_given_as_one_string_or_as_lines_is_the_same_notebook()
    {
        string lines = AsJupyterWritesIt.ReplaceLineEndings("\n"), single = lines.Replace("[\n      \"a\\n\",\n      \"b\"\n     ]", "\"a\\nb\"");
        Assert.NotEqual(lines, single);
        Assert.Equal(lines, Make.Parse(single).ToJson());
    }

    [Fact]
    public void Keys_are_sorted_and_transient_fields_are_dropped()
    {
        var notebook = Make.Parse("""{"nbformat_minor":5,"nbformat":4,"metadata":{"z":1,"a":2,"orig_nbformat":4,"signature":"x"},"cells":[{"source":"","metadata":{"trusted":true,"b":1},"id":"i","cell_type":"markdown"}]}""");
        Assert.Equal("{\n \"cells\": [\n  {\n   \"cell_type\": \"markdown\",\n   \"id\": \"i\",\n   \"metadata\": {\n    \"b\": 1\n   },\n   \"source\": []\n  }\n ],\n \"metadata\": {\n  \"a\": 2,\n  \"z\": 1\n },\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n", notebook.ToJson());
    }

    [Theory]
    [InlineData("a\nb\n", "a\n|b\n")]
    [InlineData("a\r\nb\rc", "a\r\n|b\r|c")]
    [InlineData("a\u2028b\x0b" + "c\x85" + "d\x1c" + "e", "a\u2028|b\x0b|c\x85|d\x1c|e")]
    [InlineData("\n\n", "\n|\n")]
    [InlineData("", "")]
    public void Lines_end_where_Python_ends_them(string text, string lines) => Assert.Equal(lines, string.Join('|', NotebookWriter.Lines(text)));

    [Fact]
    public void Cells_of_older_versions_get_ids_that_are_the_same_at_every_reading()
    {
        const string old = """{"nbformat":4,"nbformat_minor":2,"metadata":{},"cells":[{"cell_type":"code","metadata":{},"source":"x","outputs":[],"execution_count":null},{"cell_type":"code","metadata":{},"source":"x","outputs":[],"execution_count":null},{"cell_type":"markdown","metadata":{},"source":"x"}]}""";
        var first = Make.Parse(old);
        Assert.Equal(3, first.Cells.Select(c => c.Id).Distinct().Count());
        Assert.All(first.Cells, c => Assert.Matches("^[0-9a-f]{8}$", c.Id));
        Assert.Equal(first.ToJson(), Make.Parse(old).ToJson());
        Assert.Contains("\"nbformat_minor\": 5", first.ToJson());
        Assert.Equal(first.ToJson(), Make.Parse(first.ToJson()).ToJson());
        // A cell in front of the others does not change their ids.
        var moved = Make.Parse(old.Replace("\"cells\":[", "\"cells\":[{\"cell_type\":\"markdown\",\"metadata\":{},\"source\":\"new\"},"));
        Assert.Equal(first.Cells.Select(c => c.Id), moved.Cells.Skip(1).Select(c => c.Id));
    }

    [Fact]
    public void The_first_of_two_cells_with_one_id_keeps_it()
    {
        var notebook = Make.Parse("""{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"raw","id":"a","metadata":{},"source":"1"},{"cell_type":"raw","id":"a","metadata":{},"source":"2"}]}""");
        Assert.Equal("a", notebook.Cells[0].Id);
        Assert.NotEqual("a", notebook.Cells[1].Id);
    }

    [Fact]
    public void Saving_replaces_the_file_whole_and_leaves_nothing_else()
    {
        string folder = Make.Folder(), path = Path.Combine(folder, "sub", "a.ipynb");
        try
        {
            Make.Notebook("one").Save(path);
            var notebook = Make.Notebook("two");
            notebook.Save(path);
            Assert.Equal(notebook.ToJson(), File.ReadAllText(path));
            Assert.Equal(notebook.ToJson(), Notebook.Load(path).ToJson());
            Assert.Throws<InvalidOperationException>(() => DocumentFile.Write(path, stream =>
            {
                stream.WriteByte(1);
                throw new InvalidOperationException();
            }));
            Assert.Equal(notebook.ToJson(), File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void Strip_removes_outputs_counts_and_times_only()
    {
        var notebook = Make.Parse(AsJupyterWritesIt);
        notebook.Cells[1].Metadata["execution"] = new JsonObject { ["iopub.execute_input"] = "2026-01-01T00:00:00Z" };
        notebook.Strip();
        Assert.Empty(notebook.Cells[1].Outputs);
        Assert.Null(notebook.Cells[1].ExecutionCount);
        Assert.True(notebook.Cells[1].HasTag("parameters"));
        Assert.DoesNotContain("2026-01-01", notebook.ToJson());
        Assert.Contains("from_the_future", notebook.ToJson());
        Assert.NotNull(notebook.Cells[0].Attachments);
    }

    [Fact]
    public void A_new_notebook_is_for_the_kernel_and_its_parameters_can_be_set()
    {
        var notebook = Notebook.New("My question");
        Assert.Equal("My question", notebook.Title);
        Assert.Equal("c#", notebook.Language);
        Assert.Equal(".net-csharp", notebook.Metadata["kernelspec"]!["name"]!.GetValue<string>());
        Assert.Equal(["count", "seed"], NotebookParameters.Of(notebook).Select(p => p.Name));
        Assert.Equal(notebook.ToJson(), Make.Parse(notebook.ToJson()).ToJson());
    }

    [Fact]
    public void Halves_of_characters_from_a_cell_do_not_make_a_broken_file()
    {
        var notebook = Make.Notebook("x");
        notebook.Cells[0].Outputs = [new StreamOutput("stdout", "a\ud800b")];
        Assert.Equal("a\ufffdb", Assert.IsType<StreamOutput>(Make.Parse(notebook.ToJson()).Cells[0].Outputs[0]).Text);
    }

    /// <summary>Jupyter's own writer is the reference: what it makes of our file must be our file, and its schema must accept it.</summary>
    [Fact]
    public void Jupyter_accepts_our_files_and_would_write_the_same_bytes()
    {
        const string script = "import sys, nbformat\ntext = sys.stdin.buffer.read().decode('utf-8')\nnb = nbformat.reads(text, as_version=4)\nnbformat.validate(nb)\nsys.stdout.buffer.write((nbformat.writes(nb) + '\\n').encode('utf-8'))\n";
        SharedData.SkipUnless(Python("import nbformat", "").Code == 0, "Debian's python3-nbformat is absent");
        var rich = Notebook.New("Änderung 😀 \u2028 \u007f");
        rich.Cells[2].ExecutionCount = 2;
        rich.Cells[2].Outputs =
        [
            new StreamOutput("stdout", "a\r\nb\u0085c\u001b[31m\tx\\\"\b\f"), new StreamOutput("stderr", ""),
            new DisplayOutput(new Dictionary<string, JsonNode?> { ["text/plain"] = "x\ny", ["text/html"] = "<b>\n</b>", ["image/png"] = "iVBORw0KGgo=\n", ["application/json"] = new JsonObject { ["b"] = 1, ["a"] = new JsonArray(1.5, "x\ny") } }, true) { ExecutionCount = 2 },
            new DisplayOutput(new Dictionary<string, JsonNode?> { ["image/svg+xml"] = "<svg>\n</svg>", ["application/javascript"] = "a\nb" }, false),
            new ErrorOutput("E", "v", ["t1", "t2"]),
        ];
        var (code, output) = Python(script, rich.ToJson());
        Assert.Equal(0, code);
        Assert.Equal(rich.ToJson(), output);
    }

    private static (int Code, string Output) Python(string script, string input)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-W", "ignore", "-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardInputEncoding = new System.Text.UTF8Encoding(false), StandardOutputEncoding = System.Text.Encoding.UTF8 };
        if (!File.Exists(start.FileName)) return (127, "");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : error.Result);
    }
}
