using System.Globalization;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using SimSearch.Images;

namespace SimSearch.Embedding;

/// <summary>
/// An image made by a formula and what a model must make of it, step by step: it shows at first use that this machine, this program and these files compute what the author of the manifest computed, and if
/// not, which step differs.
/// </summary>
public sealed record ImageGolden
{
    private const double MeanTolerance = 1e-3, LengthTolerance = 0.1;

    /// <summary>The image that is used when nothing else is asked for.</summary>
    public static ImageGolden Standard { get; } = new() { Height = 240, Width = 320 };

    /// <summary>Rows of the image, 1 to 1,024.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the image, 1 to 1,024.</summary>
    public required int Width { get; init; }

    /// <summary>SHA-256, in lower-case hex, of the image's bytes (red, green, blue) once it is resized and cropped: integer arithmetic, and so the same everywhere.</summary>
    public string ResizedSha256 { get; init; } = "";

    /// <summary>Means of the three channels of the network's input, in the network's order.</summary>
    public IReadOnlyList<double> InputMeans { get; init; } = [];

    /// <summary>The vector.</summary>
    public IReadOnlyList<float> Vector { get; init; } = [];

    /// <summary>Least cosine of the vector with the golden one; 0.9 to 1. Networks of floats differ by about 1e-6 between processors, networks of 8-bit integers by up to about 0.01.</summary>
    public double Cosine { get; init; } = 0.9999;

    /// <summary>By what they hold.</summary>
    public bool Equals(ImageGolden? other) => other is not null && (Height, Width, ResizedSha256, Cosine) == (other.Height, other.Width, other.ResizedSha256, other.Cosine)
        && InputMeans.SequenceEqual(other.InputMeans) && Vector.SequenceEqual(other.Vector);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Height, Width, ResizedSha256, Vector.Count);

    /// <summary>The image: three ramps of colour, squares of 16 pixels that are lighter and darker by turns, and noise. Integers only.</summary>
    public ImageTensor Image()
    {
        var pixels = new byte[Height * Width * 3];
        uint state = 1;
        for (int y = 0, at = 0; y < Height; y++)
            for (int x = 0; x < Width; x++)
                for (int c = 0; c < 3; c++)
                {
                    state = state * 1664525 + 1013904223; // Numerical Recipes' generator: the same everywhere
                    int ramp = c switch { 0 => 255 * x / Width, 1 => 255 * y / Height, _ => 255 - 255 * (x + y) / (Width + Height) };
                    int square = ((x / 16 + y / 16) & 1) == 0 ? 40 : -40, noise = (int)(state >> 27) - 16;
                    pixels[at++] = (byte)Math.Clamp(ramp + square + noise, 0, 255);
                }
        return new ImageTensor(pixels, Height, Width);
    }

    /// <summary>The golden values of an image as it is now.</summary>
    internal ImageGolden With(ImageTensor resized, ReadOnlySpan<float> input, ImageLayout layout, float[] vector) => this with { ResizedSha256 = Hash(resized), InputMeans = Means(input, layout), Vector = vector };

    internal void Check(int dimension)
    {
        static void Rule(bool holds, string message)
        {
            if (!holds) throw new ModelException($"golden: {message}");
        }
        Rule(Height is >= 1 and <= 1024 && Width is >= 1 and <= 1024, $"height={Height} and width={Width} must be 1 to 1024");
        Rule(ResizedSha256.Length == 64 && ResizedSha256.All(c => char.IsAsciiHexDigitLower(c)), $"resized_sha256 '{ResizedSha256}' must be 64 lower-case hex digits");
        Rule(InputMeans.Count == 3 && InputMeans.All(double.IsFinite), "input_means must be three numbers");
        Rule(Vector.Count == dimension && Vector.All(float.IsFinite) && Vector.Any(v => v != 0), $"the vector must be of {dimension} finite numbers, not all 0; it has {Vector.Count}");
        Rule(Cosine is >= 0.9 and <= 1, $"cosine={Cosine} must be 0.9 to 1");
    }

    /// <exception cref="ModelException">The image differs once it is resized.</exception>
    internal void CompareResized(ImageTensor resized, string name)
    {
        if (Hash(resized) is var hash && hash != ResizedSha256)
            throw Differs(name, "resize and crop", $"the golden image has SHA-256 {hash} after it, the manifest says {ResizedSha256}; fit, side, filter, height or width is not what it was described with");
    }

    /// <exception cref="ModelException">The network's input differs.</exception>
    internal void CompareInput(ReadOnlySpan<float> input, ImageLayout layout, string name)
    {
        double[] means = Means(input, layout);
        double scale = InputMeans.Max(Math.Abs);
        if (!means.Zip(InputMeans, (a, b) => Math.Abs(a - b)).All(d => d <= MeanTolerance * Math.Max(scale, 1e-3)))
            throw Differs(name, "scale, mean, deviation and channel order", $"the channels of the golden image's input have the means {Numbers(means)}, the manifest says {Numbers(InputMeans)}; scale, mean, deviation, channels or layout is not what it was described with");
    }

    /// <exception cref="ModelException">The vector differs.</exception>
    internal void CompareVector(ReadOnlySpan<float> vector, string name)
    {
        float[] golden = [.. Vector];
        double cosine = TensorPrimitives.CosineSimilarity<float>(vector, golden), length = TensorPrimitives.Norm<float>(vector) / TensorPrimitives.Norm<float>(golden);
        if (!(cosine >= Cosine && Math.Abs(length - 1) <= LengthTolerance))
            throw Differs(name, "network, pooling and normalisation", string.Create(CultureInfo.InvariantCulture, $"the golden vector comes out with cosine {cosine:0.00000} (at least {Cosine} is asked for) and {length:0.000} times its length (0.9 to 1.1); output, pooling or unit is not what it was described with, or ONNX Runtime computes otherwise here"));
    }

    private static ModelException Differs(string name, string step, string how) => new($"model '{name}' does not compute what its manifest promises, from the step '{step}' on: {how}");

    private static string Hash(ImageTensor image) => Convert.ToHexStringLower(SHA256.HashData(image.Pixels));

    private static double[] Means(ReadOnlySpan<float> input, ImageLayout layout)
    {
        var means = new double[3];
        int pixels = input.Length / 3;
        for (int i = 0; i < input.Length; i++) means[layout == ImageLayout.Nchw ? i / pixels : i % 3] += input[i];
        return [.. means.Select(m => m / pixels)];
    }

    private static string Numbers(IEnumerable<double> values) => string.Join(", ", values.Select(v => v.ToString("0.####", CultureInfo.InvariantCulture)));
}
