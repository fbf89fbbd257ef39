using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Cli.Terminal;
using SimSearch.Storage;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch features FILE --kind K --out F.npy</c>: one feature of one file, as float32 [frames x bins].</summary>
internal static class FeaturesCommand
{
    private static readonly string[] Kinds =
        ["power", "mel", "log-mel", "mfcc", "chroma", "centroid", "bandwidth", "rolloff", "contrast", "flatness", "zcr", "rms", "pcen"];

    private static readonly Argument<string> File = CommonOptions.Word("FILE", "The audio file; several channels are averaged");
    private static readonly Option<string> Kind = Required(CommonOptions.Choice("--kind", "Which feature", "", Kinds));
    private static readonly Option<string> Out = CommonOptions.Out("The .npy file to write: float32 [frames x bins]").IsFile();
    private static readonly Option<OptionalNumber> SampleRate = CommonOptions.NumberOr("--sample-rate", "native", "Resample to this rate in Hz first, or keep the file's own", 22050);
    private static readonly Option<int> FftLength = Number("--n-fft", "FFT length in samples, a power of two", 2048);
    private static readonly Option<int> HopLength = Number("--hop-length", "Samples from one frame to the next", 512);
    private static readonly Option<int?> WinLength = new("--win-length") { Description = "Window length in samples, at most --n-fft  [default: --n-fft]", HelpName = "N" };
    private static readonly Option<bool> NoCenter = new("--no-center") { Description = "Start the first frame at the first sample instead of centring it there" };
    private static readonly Option<string> PadMode = CommonOptions.Choice("--pad-mode", "What lies beyond the ends of the signal", "constant", "constant", "reflect", "edge");
    private static readonly Option<string> Window = CommonOptions.Choice("--window", "Window function, periodic", "hann", [.. Enum.GetNames<WindowKind>().Select(n => n.ToLowerInvariant())]);
    private static readonly Option<int> Mels = Number("--n-mels", "Mel bands", 128);
    private static readonly Option<int> Mfccs = Number("--n-mfcc", "Cepstral coefficients", 20);
    private static readonly Option<bool> Htk = new("--htk") { Description = "HTK's mel scale instead of Slaney's" };
    private static readonly Option<string> Norm = CommonOptions.Choice("--norm", "Scale mel filters to equal area, or not", "slaney", "slaney", "none");
    private static readonly Option<double> Fmin = Number("--fmin", "Lowest frequency of the mel bands, in Hz", 0.0);
    private static readonly Option<double?> Fmax = new("--fmax") { Description = "Highest frequency of the mel bands, in Hz  [default: half the sample rate]", HelpName = "HZ" };
    private static readonly Option<double> Lifter = Number("--lifter", "Cepstral liftering; 0 is none", 0.0);
    private static readonly Option<double> Tuning = Number("--tuning", "Deviation of the tuning from A440 for chroma, in bins of the chroma (librosa estimates it; here it is given)", 0.0);
    private static readonly Option<string> Reference = CommonOptions.Choice("--ref", "0 dB is power 1, or the loudest value of the clip", "1", "1", "max");
    private static readonly Option<OptionalNumber> TopDb = CommonOptions.NumberOr("--top-db", "none", "Nothing lies further below the clip's maximum than this, in dB", 80);

    public static Command Create(CancellationToken stop)
    {
        var command = new Command("features", "Compute one feature of an audio file (the values are librosa's, see docs/parity.md)") { File };
        foreach (var option in (Option[])[Kind, Out, SampleRate, FftLength, HopLength, WinLength, NoCenter, PadMode, Window, Mels, Mfccs, Htk, Norm, Fmin, Fmax, Lifter, Tuning, Reference, TopDb])
            command.Options.Add(option);
        return command.Does(stop, Run).WithExamples(
            "simsearch features dog.wav --kind log-mel --out dog.npy",
            "simsearch features dog.wav --kind mfcc --n-mfcc 13 --sample-rate native --out dog.npy",
            "simsearch features dog.wav --kind mel --htk --norm none --n-mels 40 --fmin 20 --fmax 8000 --out dog.npy");
    }

    private static void Run(Invocation call)
    {
        string file = call.Get(File), path = call.Get(Out);
        if (!path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase)) throw new UsageException($"--out {path} must end in .npy");
        var signal = AudioFile.Load(file, new AudioLoadOptions { SampleRate = Rate(call) }, call.Stop);
        var feature = Compute(call, signal);
        Npy.Write<float>(path, feature.Values, feature.Frames, feature.Bins);

        var document = new JsonObject
        {
            ["file"] = file, ["kind"] = feature.Kind, ["out"] = Path.GetFullPath(path), ["frames"] = feature.Frames, ["bins"] = feature.Bins,
            ["sample_rate"] = feature.SampleRate, ["hop_length"] = feature.HopLength, ["duration"] = signal.Duration,
        };
        call.Screen.Result(document, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{feature.Kind}: {feature.Frames} frames x {feature.Bins} of {signal.Duration:0.###} s at {feature.SampleRate} Hz -> {path}")));
    }

    private static int? Rate(Invocation call)
    {
        if (call.Get(SampleRate).Value is not { } hz) return null;
        if (hz < 1 || hz > AudioLimits.MaxSampleRate || hz != Math.Floor(hz)) throw new UsageException(FormattableString.Invariant($"--sample-rate {hz} must be a whole number from 1 to {AudioLimits.MaxSampleRate}, or native"));
        return (int)hz;
    }

    private static FeatureMatrix Compute(Invocation call, AudioSignal signal)
    {
        var stft = new StftOptions
        {
            SampleRate = signal.SampleRate, FftLength = call.Get(FftLength), HopLength = call.Get(HopLength), WinLength = call.Get(WinLength),
            Center = !call.Get(NoCenter), PadMode = Enum.Parse<PadMode>(call.Get(PadMode), ignoreCase: true), Window = Enum.Parse<WindowKind>(call.Get(Window), ignoreCase: true),
        };
        var mel = new MelOptions
        {
            Stft = stft, Bands = call.Get(Mels), MinFrequency = call.Get(Fmin), MaxFrequency = call.Get(Fmax),
            Scale = call.Get(Htk) ? MelScale.Htk : MelScale.Slaney, Norm = call.Get(Norm) == "none" ? MelNorm.None : MelNorm.Slaney,
        };
        var db = new DbOptions { Reference = call.Get(Reference) == "max" ? DbReference.PerClipMax : DbReference.Absolute, TopDb = call.Get(TopDb).Value };
        return call.Get(Kind) switch
        {
            "power" => AudioFeatures.Power(signal, stft),
            "mel" => AudioFeatures.Mel(signal, mel),
            "log-mel" => AudioFeatures.LogMel(signal, mel, db),
            "mfcc" => AudioFeatures.Mfcc(signal, new MfccOptions { Mel = mel, Db = db, Count = call.Get(Mfccs), Lifter = call.Get(Lifter) }),
            "chroma" => AudioFeatures.Chroma(signal, new ChromaOptions { Tuning = call.Get(Tuning) }, stft),
            "centroid" => AudioFeatures.Centroid(signal, stft),
            "bandwidth" => AudioFeatures.Bandwidth(signal, stft),
            "rolloff" => AudioFeatures.Rolloff(signal, stft),
            "contrast" => AudioFeatures.Contrast(signal, stft: stft),
            "flatness" => AudioFeatures.Flatness(signal, stft),
            "zcr" => AudioFeatures.ZeroCrossings(signal, stft),
            "rms" => AudioFeatures.Rms(signal, stft),
            "pcen" => AudioFeatures.Pcen(signal, mel: mel),
            var kind => throw new UsageException($"--kind {kind} must be one of {string.Join(", ", Kinds)}"),
        };
    }

    private static Option<string> Required(Option<string> option)
    {
        (option.Required, option.DefaultValueFactory) = (true, null);
        return option;
    }

    private static Option<T> Number<T>(string name, string description, T standard) where T : System.Numerics.INumber<T> =>
        new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => standard };
}
