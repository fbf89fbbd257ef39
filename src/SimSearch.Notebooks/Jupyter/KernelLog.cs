namespace SimSearch.Notebooks;

/// <summary>A log that a stranger who sends rubbish without end cannot fill: so many lines a minute, then their number.</summary>
internal sealed class KernelLog
{
    private const int LinesPerMinute = 100;
    private readonly Action<string> _write;
    private readonly Lock _gate = new();
    private long _minute;
    private int _lines, _left;

    /// <summary>A limit in front of a log.</summary>
    public KernelLog(Action<string> write) => _write = write;

    /// <summary>Writes a line, or counts it. A log that fails does not take the kernel with it.</summary>
    public void Write(string line)
    {
        lock (_gate)
        {
            try
            {
                long minute = Environment.TickCount64 / 60_000;
                if (minute != _minute)
                {
                    if (_left > 0) _write($"{_left} more lines were left out");
                    (_minute, _lines, _left) = (minute, 0, 0);
                }
                if (_lines++ < LinesPerMinute) _write(line);
                else _left++;
            }
            catch (Exception)
            {
                // There is nowhere left to say it.
            }
        }
    }
}
