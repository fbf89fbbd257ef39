using BenchmarkDotNet.Running;
using SimSearch.Benchmarks;

// `dotnet run -c Release --project tests/SimSearch.Benchmarks -- faiss` runs one side-by-side comparison with a peer on the same data;
// anything else goes to BenchmarkDotNet (`-- --list flat` shows what it has).
Dictionary<string, Action<string[]>> sideBySide = new()
{
    ["faiss"] = FaissSideBySide.Run,
    ["tsne"] = TsneSideBySide.Run,
    ["features"] = FeatureSideBySide.Run,
    ["resample"] = ResampleSideBySide.Run,
    ["training"] = TrainingSideBySide.Run,
    ["kernel"] = KernelSideBySide.Run,
    ["interrupts"] = KernelSideBySide.Interrupts,
};

if (args.Length > 0 && sideBySide.TryGetValue(args[0], out Action<string[]>? run)) run(args[1..]);
else BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
