using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Cli.Terminal;
using SimSearch.Storage;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch resample FILE --to HZ --out F.wav|F.npy</c>.</summary>
internal static class ResampleCommand
{
    private static readonly Argument<string> File = CommonOptions.Word("FILE", "The audio file");
    private static readonly Option<int> To = new("--to") { Description = "Sample rate to convert to, in Hz", Required = true, HelpName = "HZ" };
    private static readonly Option<string> Out = CommonOptions.Out("A .wav file (16-bit, all channels) or a .npy file (float32 [frames], channels averaged)").IsFile();

    public static Command Create(CancellationToken stop) =>
        new Command("resample", "Convert an audio file to another sample rate") { File, To, Out }.Does(stop, Run).WithExamples(
            "simsearch resample song.flac --to 22050 --out song.wav",
            "simsearch resample song.wav --to 16000 --out song.npy");

    private static void Run(Invocation call)
    {
        string file = call.Get(File), path = call.Get(Out);
        bool npy = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npy" => true,
            ".wav" => false,
            var other => throw new UsageException($"--out {path} must end in .wav or .npy, not '{other}'"),
        };
        var options = new AudioLoadOptions { SampleRate = call.Get(To), Channels = npy ? ChannelPolicy.Mix : ChannelPolicy.PerChannel };
        var signal = AudioFile.Load(file, options, call.Stop);
        if (npy) Npy.Write<float>(path, signal.Samples, signal.Frames);
        else WavWriter.Write(path, signal);

        var document = new JsonObject
        {
            ["file"] = file, ["out"] = Path.GetFullPath(path), ["sample_rate"] = signal.SampleRate, ["channels"] = signal.Channels, ["frames"] = signal.Frames,
        };
        call.Screen.Result(document, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{signal.Frames} frames ({signal.Duration:0.###} s) at {signal.SampleRate} Hz -> {path}")));
    }
}
