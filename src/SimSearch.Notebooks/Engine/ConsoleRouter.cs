using System.Text;

namespace SimSearch.Notebooks;

/// <summary>The process's console, shared out: what code of a cell writes goes to that cell, everything else to the console there was before.</summary>
internal static class ConsoleRouter
{
    private static readonly Lock Gate = new();
    private static bool installed;

    /// <summary>Takes the console over, once for the process.</summary>
    public static void Install()
    {
        lock (Gate)
        {
            if (installed) return;
            installed = true;
            Console.SetOut(new Writer("stdout", Console.Out));
            Console.SetError(new Writer("stderr", Console.Error));
            Console.SetIn(new Reader(Console.In));
        }
    }

    private sealed class Writer(string stream, TextWriter outside) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write([value]);

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(string? value) => Write(value.AsSpan());

        public override void WriteLine() => Write("\n");

        public override void WriteLine(string? value) => Write(value + "\n");

        public override void Write(ReadOnlySpan<char> buffer)
        {
            if (CellRun.Current is { } run) run.Output.Write(stream, buffer.ToString());
            else outside.Write(buffer);
        }

        public override void Flush()
        {
            if (CellRun.Current is null) outside.Flush();
        }
    }

    private sealed class Reader(TextReader outside) : TextReader
    {
        public override string? ReadLine() =>
            CellRun.Current is { } run ? run.Output.ReadLine("", password: false, run.Cooperative.Token) : outside.ReadLine();

        public override int Read() => CellRun.Current is null ? outside.Read() : throw OnlyLines();

        public override int Peek() => CellRun.Current is null ? outside.Peek() : throw OnlyLines();

        private static NotSupportedException OnlyLines() => new("a notebook asks for whole lines; use Console.ReadLine()");
    }
}
