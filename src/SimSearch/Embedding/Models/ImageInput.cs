namespace SimSearch.Embedding;

/// <summary>How an image is brought to a network's size.</summary>
public enum ImageFit
{
    /// <summary>To exactly that size; its proportions change.</summary>
    Exact,

    /// <summary>Its shorter side to a length (<see cref="ImageInput.Side"/>), and then the middle is taken.</summary>
    ShorterSide,
}

/// <summary>The order of a network's axes.</summary>
public enum ImageLayout
{
    /// <summary>Images, channels, rows, columns (PyTorch, most of ONNX).</summary>
    Nchw,

    /// <summary>Images, rows, columns, channels (TensorFlow).</summary>
    Nhwc,
}

/// <summary>The order of a network's channels.</summary>
public enum ImageChannels
{
    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red (Caffe, OpenCV).</summary>
    Bgr,
}

/// <summary>What becomes of an output that is more than one vector.</summary>
public enum ImagePooling
{
    /// <summary>It is one vector: all its axes but one are of length 1.</summary>
    None,

    /// <summary>The mean over the places of [1 x dimension x rows x columns].</summary>
    Mean,

    /// <summary>The first of [1 x pieces x dimension]: that of the class token of a vision transformer.</summary>
    First,
}

/// <summary>The way from an image to a network and back to a vector: the part of a manifest of kind <c>image</c> that stands in place of its steps.</summary>
/// <remarks>Images are decoded as <see cref="SimSearch.Images.ImageFile"/> says, resized as Pillow does, and each level v becomes (v * scale - mean) / deviation of its colour.</remarks>
public sealed record ImageInput
{
    /// <summary>File of the network among the manifest's files.</summary>
    public required string Network { get; init; }

    /// <summary>The network's input, of floats or half floats; the only one.</summary>
    public required string Input { get; init; }

    /// <summary>Order of the input's axes.</summary>
    public required ImageLayout Layout { get; init; }

    /// <summary>Order of the input's channels.</summary>
    public required ImageChannels Channels { get; init; }

    /// <summary>Rows of the input, 1 to 4,096.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the input, 1 to 4,096.</summary>
    public required int Width { get; init; }

    /// <summary>How an image gets that size.</summary>
    public required ImageFit Fit { get; init; }

    /// <summary>For <see cref="ImageFit.ShorterSide"/>: the length of the shorter side, at least as large as height and width; otherwise absent.</summary>
    public int? Side { get; init; }

    /// <summary>How pixels are weighed when resized.</summary>
    public required SimSearch.Images.ResizeFilter Filter { get; init; }

    /// <summary>Multiplies the levels 0 to 255; 1/255 is 0.00392156862745098.</summary>
    public required double Scale { get; init; }

    /// <summary>Subtracted then, of red, green and blue (whatever the order of the channels).</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>Divides then, of red, green and blue.</summary>
    public required IReadOnlyList<double> Deviation { get; init; }

    /// <summary>The network's output with the vector.</summary>
    public required string Output { get; init; }

    /// <summary>Whether that is a value within the graph, which the file does not declare as an output. It is made one in memory, after the file's hash was checked.</summary>
    public bool InnerOutput { get; init; }

    /// <summary>How one vector is made of the output.</summary>
    public required ImagePooling Pooling { get; init; }

    /// <summary>Whether the vector is then scaled to length 1.</summary>
    public required bool Unit { get; init; }

    /// <summary>An image and its vector, compared when the model is loaded; null for a model whose weights have not been seen.</summary>
    public ImageGolden? Golden { get; init; }

    /// <summary>By what they hold.</summary>
    public bool Equals(ImageInput? other) => other is not null && Mean.SequenceEqual(other.Mean) && Deviation.SequenceEqual(other.Deviation)
        && (Network, Input, Layout, Channels, Height, Width, Fit) == (other.Network, other.Input, other.Layout, other.Channels, other.Height, other.Width, other.Fit)
        && (Side, Filter, Scale, Output, InnerOutput, Pooling, Unit) == (other.Side, other.Filter, other.Scale, other.Output, other.InnerOutput, other.Pooling, other.Unit) && Golden == other.Golden;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Network, Output, Height, Width, Scale);

    internal void Check(ModelManifest manifest)
    {
        static void Rule(bool holds, string message)
        {
            if (!holds) throw new ModelException($"image: {message}");
        }
        Rule(manifest.Files.Count == 1 && manifest.Files[0].Name == Network, $"network '{Network}' must be the one file of the manifest");
        Rule(Height is >= 1 and <= 4096 && Width is >= 1 and <= 4096, $"height={Height} and width={Width} must be 1 to 4096");
        Rule(Fit == ImageFit.ShorterSide ? Side is <= 4096 && Side >= Height && Side >= Width : Side is null, $"side={Side} must be given for fit shorter_side, at least height and width and at most 4096, and only there");
        Rule(double.IsFinite(Scale) && Scale != 0, $"scale={Scale} must be a number other than 0");
        Rule(Mean.Count == 3 && Mean.All(double.IsFinite), "mean must be three numbers, of red, green and blue");
        Rule(Deviation.Count == 3 && Deviation.All(d => double.IsFinite(d) && d != 0), "deviation must be three numbers other than 0, of red, green and blue");
        Rule(new[] { Input, Output }.All(name => name.Length is >= 1 and <= 200), "names of input and output must have 1 to 200 characters");
        Golden?.Check(manifest.Dimension);
    }
}
