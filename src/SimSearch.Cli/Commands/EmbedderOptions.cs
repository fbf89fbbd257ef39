using System.CommandLine;
using SimSearch.Cli.Terminal;
using SimSearch.Embedding;

namespace SimSearch.Cli.Commands;

/// <summary>The options <c>--embedder</c> and <c>--sample-rate</c> of the commands that embed sounds and images.</summary>
internal static class EmbedderOptions
{
    /// <summary>A hand-crafted embedder by name, or a model by name or file.</summary>
    /// <param name="more">What else the help says.</param>
    /// <param name="texts">Whether the embedders of texts are good as well.</param>
    public static Option<string> Name(string more = "", bool texts = false) => new Option<string>("--embedder")
    {
        Description = $"How sounds become vectors: {string.Join(", ", AudioEmbedders.Names)}; images: {string.Join(", ", ImageEmbedders.Names)} (the first when nothing is typed); a model: {string.Join(", ", ModelShelf.BuiltIn.Select(m => m.Name))}, or its file (MODEL.onnx, with MODEL.model.json beside it){more}",
        HelpName = "NAME", DefaultValueFactory = _ => AudioEmbedders.Standard,
    }.Check(name => (texts && TextEmbedders.Names.Contains(name)) || FileEmbedders.Names.Contains(name) || ModelShelf.IsModel(name), $"one of {string.Join(", ", FileEmbedders.Names.Concat(ModelShelf.BuiltIn.Select(m => m.Name)))}, or a file that ends in .onnx");

    /// <summary>The rate of the hand-crafted ones.</summary>
    public static Option<int> SampleRate() => new("--sample-rate") { Description = "Bring every sound to this rate first, in Hz (a model has its own)", HelpName = "HZ", DefaultValueFactory = _ => 22050 };

    /// <summary>What was asked for.</summary>
    /// <exception cref="UsageException">A rate was given for a model.</exception>
    public static void Check(Invocation call, Option<string> name, Option<int> sampleRate)
    {
        if (call.Given(sampleRate) && ImageEmbedders.Names.Contains(call.Get(name))) throw new UsageException($"--sample-rate is for sounds; {call.Get(name)} embeds images");
        if (call.Given(sampleRate) && ModelShelf.IsModel(call.Get(name))) throw new UsageException($"--sample-rate is for hand-crafted embedders; the model {call.Get(name)} has its own rate");
    }
}
