using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Learning;
using SimSearch.Onnx;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch train SOURCE --out MODEL.onnx</c>: a network that turns sounds into vectors, learned from labelled sounds; or, with <c>--evaluate</c>, how well such networks do on sounds they have not seen.</summary>
internal static class TrainCommand
{
    private static readonly SourceOptions Source = new(soundsOnly: true);

    private static readonly Option<string?> Out = new Option<string?>("--out", "-o") { Description = "The model, NAME.onnx; NAME.model.json and, while training, NAME.onnx.checkpoint lie beside it", HelpName = "FILE" }.IsFile();
    private static readonly Option<string[]> ExcludeGroup = new("--exclude-group") { Description = "Do not learn from these groups (fold, speaker, recording); ask with them when done", HelpName = "GROUP", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<double> Validation = new Option<double>("--validation") { Description = "Share of the sounds, whole groups where there are any, that is not learned from but looked at every few epochs", HelpName = "SHARE", DefaultValueFactory = _ => 0 }.Check(x => x is >= 0 and < 0.9, "from 0 to below 0.9");
    private static readonly Option<int> Patience = new Option<int>("--patience") { Description = "Stop when the MAP of --validation has not risen for so many epochs, and keep the best; 0 trains to the end", HelpName = "N", DefaultValueFactory = _ => 0 }.Check(n => n is >= 0 and <= 100_000, "from 0 to 100000");
    private static readonly Option<bool> Resume = new("--resume") { Description = "Go on where an interrupted training with the same options was" };
    private static readonly Option<string?> Licence = new("--licence") { Description = "Licence of the model, for its manifest; the sounds it is trained on may bind it", HelpName = "TEXT" };
    private static readonly Option<string?> Report = new Option<string?>("--report") { Description = "Also write a page with the curves of loss and validation (training.html), and the numbers (training.csv)", HelpName = "DIR" }.IsFolder();
    private static readonly Option<string> Evaluate = CommonOptions.Choice("--evaluate", "Write no model; measure: train without each group in turn (or without what is not split 'train'), and ask with what was left out", "no", "no", "groups", "split");
    private static readonly Option<string[]> Only = new("--only") { Description = "With --evaluate groups: only these", HelpName = "GROUP", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<int> Seeds = new Option<int>("--seeds") { Description = "With --evaluate: so many trainings each, with seeds from --seed up", HelpName = "N", DefaultValueFactory = _ => 1 }.Check(n => n is >= 1 and <= 100, "from 1 to 100");

    public static Command Create(CancellationToken stop)
    {
        var command = Source.AddTo(new Command("train", "Train a network that turns sounds into vectors, or measure how well that works"), embeds: false);
        foreach (var option in (Option[])[Out, .. TrainOptions.All, ExcludeGroup, Validation, Patience, Resume, Licence, Report, Evaluate, Only, Seeds]) command.Options.Add(option);
        return command.Does(stop, Run).WithExamples(
            "simsearch train sounds --out mine.onnx                               learn from sounds/dog/*.wav, sounds/rain/*.flac, ...",
            "simsearch train sounds --out mine.onnx --resume                      go on after Ctrl-C or a crash",
            "simsearch embed sounds --embedder mine.onnx --out embeddings",
            "simsearch train digits --preset voice --exclude-group theo --out digits.onnx",
            "simsearch train sounds --loss ntxent --out unlabelled.onnx           without labels",
            "simsearch train esc10 --evaluate groups --seeds 2                    each fold in turn left out and asked");
    }

    private static void Run(Invocation call)
    {
        bool measures = call.Get(Evaluate) != "no";
        if (measures && call.Get(Out) is not null) throw new UsageException("--evaluate measures and writes no model; leave out --out, or leave out --evaluate to train one");
        if (!measures && call.Get(Out) is null) throw new UsageException("--out is missing: where does the model go? (or --evaluate groups, to measure only)");
        foreach (var option in measures ? (Option[])[ExcludeGroup, Validation, Patience, Resume, Report] : [Only, Seeds])
            if (call.Given(option)) throw new UsageException(measures ? $"{option.Name} is for training a model, and with --evaluate none is kept" : $"{option.Name} says what --evaluate measures; give --evaluate too, or leave it out");
        if (measures) RunFolds(call);
        else RunTraining(call, call.Get(Out)!);
    }

    private static void RunTraining(Invocation call, string path)
    {
        LearnedModel.CheckName(path);
        var clock = Stopwatch.StartNew();
        var dataset = Source.OpenDataset(call, Dataset.IsAudioFile);
        _ = OnnxRuntime.Version; // what cannot train says so before it reads an hour of sounds
        var options = TrainOptions.Of(call) with { Patience = call.Get(Patience) };
        var parts = TrainParts.Of(dataset, call.Get(ExcludeGroup), call.Get(Validation), call.Seed);
        MetricLearner.Check(dataset.Items, parts.Train, options);
        string[] single = [.. parts.Train.GroupBy(i => dataset.Items[i].Label).Where(c => c.Key is not null && c.Count() == 1).Select(c => c.Key!)];
        if (options.Loss != LearningLoss.NtXent && single.Length > 0) call.Screen.Warn($"one sound alone to learn {ItemText.OneLine(string.Join(", ", single), 200)} from: nothing shows what its class shares; two or more are better");
        if (options.Patience > 0 && parts.Validation.Length == 0) throw new UsageException("--patience needs --validation: sounds to look at");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string checkpoint = path + ".checkpoint";
        if (call.Get(Resume) != File.Exists(checkpoint))
            call.Screen.Say(call.Get(Resume) ? $"there is no {checkpoint}; training from the beginning" : $"{checkpoint} is of a training that was not finished; this one begins anew (stop it and add --resume to go on with that one)");
        MetricLearner? training = null;
        var (store, model) = Stoppable(() => call.Screen.Track(progress =>
        {
            var clips = MelPowerStore.Load(dataset, TrainOptions.Store(call, options), progress, call.Stop);
            var job = TrainOptions.Job(call) with { Train = parts.Train, Validation = parts.Validation, Checkpoint = checkpoint, Resume = call.Get(Resume) };
            training = new MetricLearner(clips, options, job);
            if (training.Warning is { } warning) call.Screen.Warn(warning);
            return (clips, training.Train(new TrainProgress(progress, "training", call.Screen), call.Stop));
        }), () => File.Exists(checkpoint)
            ? $"stopped{(training is { SavedEpochs: > 0 and var saved } ? $"; {saved} of {options.Epochs} epochs are kept" : "")}; the same command with --resume goes on"
            : "stopped before the first checkpoint was written; nothing is kept");
        using var learner = training!;
        var known = DatasetManifest.BuiltIn.FirstOrDefault(m => m.Name.Replace("-", "", StringComparison.Ordinal) == dataset.Name.Replace("-", "", StringComparison.Ordinal));
        string what = string.Create(CultureInfo.InvariantCulture, $"Convolutional network trained by SimSearch on {parts.Train.Length} sounds of {Math.Max(1, learner.Classes.Count)} classes of '{dataset.Name}', loss {TrainOptions.LossOf(call)}, {learner.History.Count} epochs, seed {call.Seed}.");
        var embedder = LearnedModel.Save(path, model, options, what, call.Get(Licence) ?? (known is null ? "That of the sounds it was trained on." : $"Trained on {known.Name}: {known.Licence}"),
            LearnedFrom.Of(parts.Train.Concat(parts.Validation).Select(i => dataset.PathOf(dataset.Items[i])), call.Stop));
        double difference = LearnedModel.LargestDifference(embedder, model, store, dataset);
        if (difference > 1e-5) throw new SimSearchException($"{path}: its vectors differ by {difference:0.0e+00} from those of the network as it was trained; that is a fault of this program, please report it");
        RetrievalReport? figures = null;
        if (parts.Left.Length > 0)
        {
            using var clips = new ClipEmbedder(model, options.Features, learner.Threads);
            figures = clips.Evaluate(store, parts.Left, parts.Train, learner.Threads, samples: 1000);
        }
        if (call.Get(Report) is { } folder) TrainReport.Save(folder, learner.History, dataset.Name, call.Screen);
        File.Delete(checkpoint);
        var last = learner.History[^1];
        var document = new JsonObject
        {
            ["model"] = Path.GetFullPath(path), ["bytes"] = model.Length, ["sha256"] = embedder.Manifest.Files[0].Sha256, ["sounds"] = parts.Train.Length, ["classes"] = learner.Classes.Count, ["dimension"] = embedder.Dimension,
            ["epochs"] = last.Epoch, ["loss"] = last.Loss, ["validation_map"] = last.Map, ["largest_difference"] = difference, ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 1),
            ["waited_for_batches"] = Math.Round(learner.WaitShare, 4), ["figures"] = figures is null ? null : figures.ToJsonObject(),
        };
        call.Screen.Result(document, console =>
        {
            if (figures is not null) Figures.Show(console, figures);
            console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{path}: {model.Length / 1e6:0.00} MB, {embedder.Dimension} dimensions, loss {last.Loss:0.000} after {last.Epoch} {(last.Epoch == 1 ? "epoch" : "epochs")}, {clock.Elapsed.TotalSeconds:0} s; vectors as trained within {difference:0.0e+00}"));
            if (figures is null) console.WriteLine($"how good it is on sounds that it has not seen was not measured: {(dataset.Groups.Count > 0 ? "leave some out with --exclude-group, or measure with --evaluate groups" : "that takes groups (--group-column of a table) and --evaluate groups, or a split (--split-column) and --evaluate split")}");
            console.WriteLine($"use it: simsearch embed SOURCE --embedder {path} --out DIR");
        });
    }

    private static void RunFolds(Invocation call)
    {
        var dataset = Source.OpenDataset(call, Dataset.IsAudioFile);
        var options = TrainOptions.Of(call);
        var folds = call.Get(Evaluate) == "split" ? FoldExperiment.BySplit(dataset.Items) : FoldExperiment.ByGroup(dataset.Items);
        string[] only = call.Get(Only);
        if (only.FirstOrDefault(name => folds.All(f => f.Name != name)) is { } unknown) throw new UsageException($"--only {unknown}: there is no such group; there are {string.Join(", ", folds.Select(f => f.Name))}");
        if (only.Length > 0) folds = [.. folds.Where(f => only.Contains(f.Name))];
        // Once, not with every fold.
        if (TrainOptions.Job(call).Device is OnnxDevice.Cuda and var device && DeviceTrial.Try(device).Problem is { } problem) call.Screen.Warn(problem);
        foreach (var fold in folds) MetricLearner.Check(dataset.Items, fold.Train, options);
        var results = Stoppable(() => call.Screen.Track(progress =>
        {
            var store = MelPowerStore.Load(dataset, TrainOptions.Store(call, options), progress, call.Stop);
            var done = new List<FoldResult>();
            for (int seed = call.Seed; seed < call.Seed + call.Get(Seeds); seed++)
                foreach (var fold in folds)
                {
                    var relay = new TrainProgress(progress, $"without {fold.Name}, seed {seed}");
                    done.Add(FoldExperiment.Run(store, options with { Seed = seed }, fold, TrainOptions.Job(call), relay, call.Stop));
                    call.Screen.Say(Line(done[^1]));
                }
            return done;
        }), () => "stopped; --evaluate keeps nothing but the lines above (--only GROUP measures one group)");
        call.Screen.Result(Document(results), console => Show(console, results));
    }

    /// <summary>Runs what Ctrl-C may stop, and says what that means.</summary>
    private static T Stoppable<T>(Func<T> work, Func<string> stopped)
    {
        try { return work(); }
        catch (OperationCanceledException e) { throw new SimSearchException(stopped(), e); }
    }

    private static string Line(FoldResult r) => string.Create(CultureInfo.InvariantCulture,
        $"{r.Fold}, seed {r.Seed}: P@1 {r.Figures.Precision[1].Value:0.0000}, P@10 {r.Figures.Precision[10].Value:0.0000}, MAP {r.Figures.Map.Value:0.0000}, loss {r.Loss:0.000}, {r.Seconds:0} s");

    private static JsonObject Document(IReadOnlyList<FoldResult> results) => new()
    {
        ["folds"] = new JsonArray([.. results.Select(r => (JsonNode)new JsonObject
        {
            ["fold"] = r.Fold, ["seed"] = r.Seed, ["queries"] = r.Figures.Queries, ["gallery"] = r.Figures.Gallery,
            ["precision_at_1"] = r.Figures.Precision[1].Value, ["precision_at_10"] = r.Figures.Precision[10].Value, ["map"] = r.Figures.Map.Value, ["loss"] = r.Loss, ["seconds"] = Math.Round(r.Seconds, 1),
        })]),
        ["precision_at_1"] = results.Average(r => r.Figures.Precision[1].Value),
        ["precision_at_10"] = results.Average(r => r.Figures.Precision[10].Value),
        ["map"] = results.Average(r => r.Figures.Map.Value),
    };

    private static void Show(IAnsiConsole console, IReadOnlyList<FoldResult> results)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("left out").AddColumn("seed");
        foreach (string name in (string[])["queries", "P@1", "P@10", "MAP", "seconds"]) table.AddColumn(new TableColumn(name).RightAligned());
        static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
        void Row(string name, string seed, IEnumerable<FoldResult> of, int queries) => table.AddRow(
            Markup.Escape(name), seed, queries.ToString(CultureInfo.InvariantCulture), Text(of.Average(r => r.Figures.Precision[1].Value)), Text(of.Average(r => r.Figures.Precision[10].Value)),
            Text(of.Average(r => r.Figures.Map.Value)), of.Sum(r => r.Seconds).ToString("0", CultureInfo.InvariantCulture));
        foreach (var result in results) Row(result.Fold, result.Seed.ToString(CultureInfo.InvariantCulture), [result], result.Figures.Queries);
        table.AddEmptyRow();
        foreach (var seed in results.GroupBy(r => r.Seed)) Row("mean", seed.Key.ToString(CultureInfo.InvariantCulture), seed, seed.Sum(r => r.Figures.Queries));
        if (results.Select(r => r.Seed).Distinct().Count() > 1) Row("mean", "all", results, results.Sum(r => r.Figures.Queries));
        console.Write(table);
    }
}
