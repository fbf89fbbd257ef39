using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>The contract of <c>simsearch features</c>: librosa's values by librosa's options. Every feature is tested in the library; here it is the options.</summary>
public sealed class FeaturesCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("mel128_slaney", "--kind mel", 1e-4, 1e-4)]
    [InlineData("mel64_htk", "--kind mel --n-mels 64 --htk", 1e-4, 1e-4)]
    [InlineData("mel40_htk_nonorm", "--kind mel --n-mels 40 --htk --norm none", 1e-4, 1e-4)]
    [InlineData("logmel", "--kind log-mel", 0, 1e-3)]
    [InlineData("logmel_refmax", "--kind log-mel --ref max", 0, 1e-3)]
    [InlineData("mfcc20", "--kind mfcc", 0, 1e-2)]
    [InlineData("mfcc13", "--kind mfcc --n-mfcc 13", 0, 1e-2)]
    [InlineData("mfcc20_lifter22", "--kind mfcc --lifter 22", 0, 1e-1)]
    [InlineData("chroma_tuning0", "--kind chroma", 0, 1e-3)]
    [InlineData("chroma_tuning_est", "--kind chroma --tuning -0.27", 0, 1e-3)]
    [InlineData("centroid", "--kind centroid", 1e-4, 0.1)]
    [InlineData("bandwidth", "--kind bandwidth", 1e-4, 0.1)]
    [InlineData("rolloff", "--kind rolloff", 0, 11)]
    [InlineData("flatness", "--kind flatness", 1e-3, 1e-6)]
    [InlineData("zcr", "--kind zcr", 0, 1e-6)]
    [InlineData("rms", "--kind rms", 1e-5, 1e-6)]
    [InlineData("pcen", "--kind pcen", 1e-3, 1e-4)]
    public void Options_mean_what_they_mean_in_librosa(string golden, string options, double relative, double absolute)
    {
        const string signal = "vowels";
        string output = folder["f.npy"];
        Tool.Run(["features", SharedData.Golden($"signals/{signal}.wav"), .. options.Split(' '), "--sample-rate", "native", "--out", output]).Succeeded();
        float[] ours = Npy.Read<float>(output, out long[] shape);
        float[] theirs = Npy.Read<float>(SharedData.Golden($"features/{signal}/{golden}.npy"), out long[] theirShape);
        // Ours is [frames x bins], the reference [bins x frames].
        Assert.Equal(shape[1], theirShape.Length == 1 ? 1 : theirShape[0]);
        Assert.Equal(shape[0], theirShape[^1]);
        for (int frame = 0; frame < shape[0]; frame++)
            for (int bin = 0; bin < shape[1]; bin++)
            {
                float a = ours[frame * shape[1] + bin], b = theirs[bin * shape[0] + frame];
                Assert.True(Math.Abs(a - b) <= absolute + relative * Math.Abs(b), $"frame {frame}, bin {bin}: {a} instead of {b}");
            }
    }

    [Fact]
    public void Resample_writes_wav_and_npy_of_the_length_promised()
    {
        string file = SharedData.Golden("signals/esc_4-182395-A-0.wav");
        var wav = Tool.Run("resample", file, "--to", "22050", "--out", folder["r.wav"], "--json").Succeeded().Json;
        Tool.Run("resample", file, "--to", "22050", "--out", folder["r.npy"]).Succeeded();
        float[] samples = Npy.Read<float>(folder["r.npy"], out _);
        Assert.Equal((int)wav["frames"]!, samples.Length);
        Assert.True(new FileInfo(folder["r.wav"]).Length == 44 + 2 * samples.Length);
        Assert.InRange(samples.Max(MathF.Abs), 0.01f, 2f);
    }
}
