using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Runs a few lines of Python with scikit-learn and FAISS, as an independent peer; the test is skipped where they are not installed.</summary>
internal static class Peer
{
    private const string Python = "/usr/bin/python3";
    private static readonly Lazy<bool> IsInstalled = new(() => File.Exists(Python) && Start("import sklearn, faiss", []).ExitCode == 0);

    /// <summary>Runs a script on one thread.</summary>
    /// <param name="script">Reads float32 from standard input and prints numbers.</param>
    /// <param name="input">What it reads.</param>
    /// <returns>What it printed.</returns>
    public static double[] Run(string script, float[] input)
    {
        SharedData.SkipUnless(IsInstalled.Value, "python3-sklearn and python3-faiss are not installed (apt-get install python3-sklearn python3-faiss)");
        var (code, output, error) = Start(script, input);
        Assert.True(code == 0, error);
        return [.. output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
    }

    private static (int ExitCode, string Output, string Error) Start(string script, float[] input)
    {
        var start = new ProcessStartInfo(Python, ["-W", "ignore", "-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        try
        {
            process.StandardInput.BaseStream.Write(MemoryMarshal.AsBytes(input.AsSpan()));
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read everything: its exit code says why.
        }
        process.WaitForExit();
        return (process.ExitCode, output.Result, error.Result);
    }
}
