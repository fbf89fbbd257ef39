using SimSearch.Notebooks;

namespace SimSearch.Cli.Commands;

/// <summary>The C# engine that notebooks and the kernel run on here: it knows the SimSearch library without a #r.</summary>
internal static class NotebookEngine
{
    private static readonly string[] Assemblies = ["SimSearch.dll", "SimSearch.Faiss.dll", "SimSearch.Onnx.dll"];

    /// <summary>Makes one, without any state.</summary>
    public static CSharpEngine Create() => new(imports: ["SimSearch"], assemblies: Assemblies.Select(name => Path.Combine(AppContext.BaseDirectory, name)));
}
