using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>
/// Collects what the cells of one run show. A cell's output may come from any thread and also after the cell has ended; an update changes
/// every display of its id, in whichever cell it is.
/// </summary>
internal sealed class RunOutputs(int maxChars, Func<string, string?>? input, long maxBytes = long.MaxValue)
{
    private long bytesUsed;

    private readonly Lock gate = new();
    private readonly List<Collector> collectors = [];
    private readonly Dictionary<string, List<Slot>> displays = new(StringComparer.Ordinal);
    private bool closed;

    /// <summary>Makes the place where the output of a cell goes.</summary>
    public Collector Open(NotebookCell cell)
    {
        var collector = new Collector(this, cell);
        lock (gate) collectors.Add(collector);
        return collector;
    }

    /// <summary>Gives the cells what has been collected so far.</summary>
    public void Store()
    {
        lock (gate)
            foreach (var collector in collectors) collector.Store();
    }

    /// <summary>Stores, and takes nothing more.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            foreach (var collector in collectors) collector.Store();
        }
    }

    /// <summary>A place in a cell's list of outputs: a stream that still grows, or something whole that may be updated.</summary>
    private sealed class Slot(Collector owner)
    {
        public readonly Collector Owner = owner;
        public readonly StringBuilder Text = new();
        public long Bytes;
        public string? Stream;
        public NotebookOutput? Output;
    }

    /// <summary>Takes the outputs of one cell.</summary>
    public sealed class Collector(RunOutputs run, NotebookCell cell) : ICellOutput
    {
        private readonly List<Slot> slots = [];
        private readonly Dictionary<Slot, string> ids = [];
        private int chars;
        private int? count;
        private bool clearNext, full, changed = true;

        public void Stream(string name, string text)
        {
            lock (run.gate)
            {
                if (run.closed || text.Length == 0) return;
                ClearIfAsked();
                long bytes = 0;
                int room = full ? 0 : FittingChars(text, Math.Min(text.Length, run.MaxChars - chars), run.MaxBytes - run.bytesUsed, out bytes);
                if (room > 0)
                {
                    chars += room;
                    Append(name, char.IsHighSurrogate(text[room - 1]) && room < text.Length ? text[..(room - 1)] : text[..room]);
                    slots[^1].Bytes += bytes;
                    run.bytesUsed += bytes;
                }
                if (room < text.Length) SayFull();
            }
        }

        public void Display(CellDisplay display)
        {
            var data = display.Data.ToDictionary(d => d.Key, d => Content(d.Key, d.Value), StringComparer.Ordinal);
            long size = display.Data.Sum(d => (long)d.Value.Length), bytes = display.Data.Sum(d => WrittenBytes(d.Value));
            lock (run.gate)
            {
                if (run.closed) return;
                ClearIfAsked();
                if (full || size > run.MaxChars - chars || bytes > run.MaxBytes - run.bytesUsed)
                {
                    SayFull();
                    return;
                }
                var known = display.DisplayId is { } id ? run.displays.GetValueOrDefault(id) : null;
                if (display.IsUpdate)
                {
                    // An update takes the place of what was there, so a progress bar's thousand states count once.
                    foreach (var slot in known ?? [])
                    {
                        slot.Output = ((DisplayOutput)slot.Output!) with { Data = data };
                        run.bytesUsed += bytes - slot.Bytes;
                        slot.Bytes = bytes;
                        slot.Owner.changed = true;
                    }
                    return;
                }
                chars += (int)size;
                var shown = new Slot(this) { Output = new DisplayOutput(data, display.IsResult), Bytes = bytes };
                run.bytesUsed += bytes;
                slots.Add(shown);
                if (display.DisplayId is not { } key) return;
                ids[shown] = key;
                if (known is null) run.displays[key] = known = [];
                known.Add(shown);
            }
        }

        public void Clear(bool wait)
        {
            lock (run.gate)
            {
                if (run.closed) return;
                clearNext = true;
                if (!wait) ClearIfAsked();
            }
        }

        // A password is not asked for: headless there is no place where it would not be seen.
        public string? ReadLine(string prompt, bool password) => password ? null : run.Input?.Invoke(prompt);

        /// <summary>The cell has ended: its error comes last.</summary>
        public void Finish(int? executionCount, CellError? error)
        {
            lock (run.gate)
            {
                count = executionCount;
                changed = true;
                if (error is not null) slots.Add(new Slot(this) { Output = new ErrorOutput(error.Name, error.Message, error.Trace) });
            }
        }

        /// <summary>Gives the cell its outputs; the caller holds the lock.</summary>
        public void Store()
        {
            if (!changed) return;
            changed = false;
            cell.Outputs = [.. slots.Select(Whole)];
        }

        private NotebookOutput Whole(Slot slot) => slot.Stream is { } name ? new StreamOutput(name, Overwritten(slot.Text.ToString()))
            : slot.Output is DisplayOutput { IsResult: true } result ? result with { ExecutionCount = count } : slot.Output!;

        private void Append(string stream, string text)
        {
            if (slots.Count == 0 || slots[^1].Stream != stream) slots.Add(new Slot(this) { Stream = stream });
            slots[^1].Text.Append(text);
        }

        private void SayFull()
        {
            if (full) return;
            full = true;
            Append("stderr", chars >= run.MaxChars || run.MaxBytes == long.MaxValue
                ? $"\n[The outputs of this cell have more than {run.MaxChars:N0} characters; the rest is left out.]\n"
                : $"\n[The outputs of this notebook have more than {run.MaxBytes:N0} bytes; the rest is left out.]\n");
        }

        private void ClearIfAsked()
        {
            changed = true;
            if (!clearNext) return;
            foreach (var (slot, id) in ids) run.displays[id].Remove(slot);
            ids.Clear();
            run.bytesUsed -= slots.Sum(s => s.Bytes);
            slots.Clear();
            (chars, full, clearNext) = (0, false, false);
        }
    }

    private int MaxChars => maxChars;

    private long MaxBytes => maxBytes;

    // What a character takes in the file at most: escapes, and the marks around a line.
    private static int WrittenBytes(char c) => c switch { '\n' => 12, < ' ' => 6, '"' or '\\' => 2, < '\x80' => 1, _ => 3 };

    private static long WrittenBytes(string text)
    {
        long bytes = 0;
        foreach (char c in text) bytes += WrittenBytes(c);
        return bytes;
    }

    private static int FittingChars(string text, int most, long mostBytes, out long bytes)
    {
        bytes = 0;
        for (int i = 0; i < most; i++)
        {
            int more = WrittenBytes(text[i]);
            if (bytes + more > mostBytes) return i;
            bytes += more;
        }
        return most;
    }

    private Func<string, string?>? Input => input;

    private static JsonNode? Content(string mimeType, string text)
    {
        if (!MimeTypes.IsJson(mimeType)) return JsonValue.Create(text);
        try
        {
            var node = JsonNode.Parse(text);
            // Half of a surrogate pair is found only when the text is asked for.
            _ = node?.ToJsonString();
            return node;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return JsonValue.Create(text);
        }
    }

    /// <summary>What a terminal would show: after a carriage return a line is written over, as progress bars do. Line ends become "\n" on every platform.</summary>
    internal static string Overwritten(string text)
    {
        if (!text.Contains('\r')) return text;
        var shown = new StringBuilder(text.Length);
        int line = 0, at = 0;
        foreach (char c in text)
        {
            if (c == '\r') at = line;
            else if (c == '\n')
            {
                shown.Append(c);
                line = at = shown.Length;
            }
            else if (at < shown.Length) shown[at++] = c;
            else
            {
                shown.Append(c);
                at++;
            }
        }
        return shown.ToString();
    }
}
