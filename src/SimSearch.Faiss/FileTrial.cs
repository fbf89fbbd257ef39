using System.Diagnostics;

namespace SimSearch.Faiss;

/// <summary>Reads an index file in a process of its own, which a damaged file may end.</summary>
internal static class FileTrial
{
    private const string Program = "simsearch_faiss_check";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>Throws unless the file was read, checked and searched without harm.</summary>
    internal static void Run(string file)
    {
        string library = Path.GetFullPath(NativeLoader.Path);
        string program = Path.Combine(Path.GetDirectoryName(library)!, Program);
        if (!File.Exists(program))
            throw new FaissIndexFileException($"{file} comes without a checksum, and {Program}, which would try it safely, is not beside {library}; run {NativeLoader.BuildCommand}, or pass ExpectedSha256 or Trusted");
        var start = new ProcessStartInfo(program, [library, file]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // One thread of each kind: the buffers of the others would count against the memory limit.
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        using Process trial = Process.Start(start) ?? throw new FaissIndexFileException($"{program} could not be started");
        // Both streams are read as they come, so that a talkative FAISS cannot block on a full pipe.
        Task<string> said = trial.StandardOutput.ReadToEndAsync(), complained = trial.StandardError.ReadToEndAsync();
        if (!trial.WaitForExit(Patience))
        {
            trial.Kill();
            throw new FaissIndexFileException($"{file} could not be read within {Patience.TotalMinutes} minutes");
        }
        if (trial.ExitCode == 0) return;
        string reason = said.Result.Trim();
        _ = complained.Result;
        throw new FaissIndexFileException(reason.Length > 0
            ? $"{file} is not an index that FAISS {FaissRuntime.Version} can use here: {FaissIndex.Brief(reason)}; restore it from a copy or build it again"
            : $"{file} is damaged or hostile: reading it ended the process that tried (code {trial.ExitCode}); restore it from a copy or build it again");
    }
}
