using System.CommandLine;
using System.Globalization;
using SimSearch.Cli.Terminal;
using SimSearch.Learning;
using SimSearch.Onnx;

namespace SimSearch.Cli.Commands;

/// <summary>The options of <c>simsearch train</c> that say how to train.</summary>
internal static class TrainOptions
{
    private static readonly Dictionary<string, LearningLoss> Losses = new()
    {
        ["supcon+ce"] = LearningLoss.SupConAndSoftmax, ["supcon"] = LearningLoss.SupCon, ["ce"] = LearningLoss.Softmax, ["arcface"] = LearningLoss.ArcFace,
        ["triplet"] = LearningLoss.Triplet, ["ntxent"] = LearningLoss.NtXent,
    };

    private static readonly Option<string> Preset = CommonOptions.Choice("--preset", "What the sounds are", "environment", "environment", "voice");
    private static readonly Option<string> Loss = CommonOptions.Choice("--loss", "What is trained for; ntxent needs no labels", "supcon+ce", [.. Losses.Keys]);
    private static readonly Option<int?> Epochs = new Option<int?>("--epochs") { Description = Default("Passes over the sounds", o => o.Epochs), HelpName = "N" }.Check(n => n is >= 1 and <= 100_000, "from 1 to 100000");
    private static readonly Option<double?> Rate = new Option<double?>("--rate") { Description = Default("Highest learning rate", o => o.Rate), HelpName = "X" }.Check(x => x is > 0 and <= 10, "above 0, up to 10");
    private static readonly Option<double?> Margin = new Option<double?>("--margin") { Description = Default("Margin of arcface or triplet", o => o.Margin), HelpName = "X" }.Check(x => x is >= 0 and <= 2, "from 0 to 2");
    private static readonly Option<double?> Temperature = new Option<double?>("--temperature") { Description = Default("Temperature of the contrastive losses", o => o.Temperature), HelpName = "X" }.Check(x => x is >= 0.001 and <= 10, "from 0.001 to 10");
    private static readonly Option<double?> Background = new Option<double?>("--background") { Description = Default("Share of views with another sound behind them", o => o.Views.BackgroundShare), HelpName = "SHARE" }.Check(x => x is >= 0 and <= 1, "from 0 to 1");
    private static readonly Option<double?> Mix = new Option<double?>("--mix") { Description = Default("Share of views that are mixed with another one, labels too", o => o.Views.MixShare), HelpName = "SHARE" }.Check(x => x is >= 0 and <= 1, "from 0 to 1");
    private static readonly Option<int?> Residuals = new Option<int?>("--residuals") { Description = Default("Residual blocks after the last so many convolutions", o => o.Residuals), HelpName = "N" }.Check(n => n is >= 0 and <= 5, "from 0 to 5");
    private static readonly Option<int?> Copies = new Option<int?>("--copies") { Description = Default("Copies of each sound with other speed, room and noise", o => o.Copies), HelpName = "N" }.Check(n => n is >= 0 and <= 16, "from 0 to 16");
    private static readonly Option<int?> Dimension = new Option<int?>("--dimension") { Description = Default("Length of the vectors", o => o.Dimension), HelpName = "N" }.Check(n => n is >= 2 and <= 4096, "from 2 to 4096");
    private static readonly Option<int?> Head = new Option<int?>("--head") { Description = Default("Compare a projection of this length instead of the vectors; cut off when done; 0 for none", o => o.Head), HelpName = "N" }.Check(n => n is >= 0 and <= 4096, "from 0 to 4096");
    private static readonly Option<int?> Batch = new Option<int?>("--batch") { Description = Default("Sounds in a batch without labels, each as two views", o => o.UnlabelledBatch), HelpName = "N" }.Check(n => n is >= 2 and <= 4096, "from 2 to 4096");
    private static readonly Option<int> Networks = new Option<int>("--networks") { Description = "Networks that learn side by side and give one vector, end to end", HelpName = "N", DefaultValueFactory = _ => 1 }.Check(n => n is >= 1 and <= 16, "from 1 to 16");
    private static readonly Option<string> Device = CommonOptions.Choice("--device", "What computes", "cpu", "cpu", "cuda");

    /// <summary>Every option.</summary>
    public static IReadOnlyList<Option> All => [Preset, Loss, Epochs, Rate, Margin, Temperature, Background, Mix, Residuals, Copies, Dimension, Head, Batch, Networks, Device];

    /// <summary>How to train, as typed.</summary>
    public static LearningOptions Of(Invocation call)
    {
        var options = (call.Get(Preset) == "voice" ? LearningOptions.Voice : LearningOptions.Environment).With(Losses[call.Get(Loss)]) with { Seed = call.Seed };
        return options with
        {
            Epochs = call.Get(Epochs) ?? options.Epochs,
            Rate = call.Get(Rate) ?? options.Rate,
            Margin = call.Get(Margin) ?? options.Margin,
            Temperature = call.Get(Temperature) ?? options.Temperature,
            Residuals = call.Get(Residuals) ?? options.Residuals,
            Copies = call.Get(Copies) ?? options.Copies,
            Dimension = call.Get(Dimension) ?? options.Dimension,
            Head = call.Get(Head) ?? options.Head,
            UnlabelledBatch = call.Get(Batch) ?? options.UnlabelledBatch,
            Networks = call.Get(Networks),
            Views = options.Views with { BackgroundShare = call.Get(Background) ?? options.Views.BackgroundShare, MixShare = call.Get(Mix) ?? options.Views.MixShare },
        };
    }

    /// <summary>What an option does, with its default as the presets and losses have it: "[default: 120, voice 15]".</summary>
    private static string Default(string does, Func<LearningOptions, double> of)
    {
        static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
        double usual = of(LearningOptions.Environment), voice = of(LearningOptions.Voice), unlabelled = of(LearningOptions.Environment.With(LearningLoss.NtXent));
        return $"{does}  [default: {Text(usual)}{(voice == usual ? "" : $", voice {Text(voice)}")}{(unlabelled == usual ? "" : $", ntxent {Text(unlabelled)}")}]";
    }

    /// <summary>The loss, as typed.</summary>
    public static string LossOf(Invocation call) => call.Get(Loss);

    /// <summary>How the sounds are kept in memory.</summary>
    public static MelPowerStoreOptions Store(Invocation call, LearningOptions options) => new()
    {
        Features = options.Features, Warps = options.Warps, WarpRange = options.WarpRange, Copies = options.Copies, Seed = options.Seed, Threads = call.Threads,
    };

    /// <summary>Threads and device. One thread unless said otherwise: two trainings side by side use two cores better than one with two threads.</summary>
    public static LearningJob Job(Invocation call) => new()
    {
        Threads = call.Given(CommonOptions.Threads) ? call.Threads : 1,
        Device = call.Get(Device) == "cuda" ? OnnxDevice.Cuda : OnnxDevice.Cpu,
    };
}

/// <summary>Shows a training as one step of the screen's progress; says what validation found.</summary>
internal sealed class TrainProgress(IProgress<Progress> bars, string name, Screen? screen = null) : IProgress<LearningProgress>
{
    public void Report(LearningProgress value)
    {
        bars.Report(new Progress(name, value.Step, value.Steps, string.Create(CultureInfo.InvariantCulture, $"loss {value.Loss:0.000}")));
        if (value.Finished is { } epoch && (epoch.Map is not null || epoch.Epoch % 10 == 0 || value.Step == value.Steps))
            screen?.Say(string.Create(CultureInfo.InvariantCulture, $"epoch {epoch.Epoch}: loss {epoch.Loss:0.000}{(epoch.Map is null ? "" : $", validation MAP {epoch.Map:0.000}, P@1 {epoch.PrecisionAt1:0.000}")}"));
    }
}
