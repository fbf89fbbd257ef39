namespace SimSearch.Learning;

/// <summary>What a network is trained to do.</summary>
public enum LearningLoss
{
    /// <summary>Supervised contrastive and cosine softmax, in equal parts: the default, better than either.</summary>
    SupConAndSoftmax,

    /// <summary>Supervised contrastive (Khosla et al. 2020): clips of a class nearer to each other than to all others of the batch.</summary>
    SupCon,

    /// <summary>Cross-entropy of a softmax over the cosines to one learned vector per class.</summary>
    Softmax,

    /// <summary>As <see cref="Softmax"/>, with an angle added between a clip and the vector of its own class (ArcFace, Deng et al. 2019).</summary>
    ArcFace,

    /// <summary>Triplets with semi-hard negatives (Schroff et al. 2015).</summary>
    Triplet,

    /// <summary>Without labels: two views of a clip nearer to each other than to all others of the batch (NT-Xent, Chen et al. 2020).</summary>
    NtXent,
}

/// <summary>How a network is trained to turn sounds into vectors. The defaults are the recipe for environmental sounds.</summary>
public sealed record LearningOptions
{
    /// <summary>What the network hears.</summary>
    public FeatureOptions Features { get; init; } = FeatureOptions.Environment;

    /// <summary>How random views of clips are made.</summary>
    public ViewOptions Views { get; init; } = ViewOptions.Environment;

    /// <summary>Warped filter banks kept in memory; odd.</summary>
    public int Warps { get; init; } = 9;

    /// <summary>Logarithm of the strongest warp.</summary>
    public double WarpRange { get; init; } = 0.1;

    /// <summary>Copies of every clip changed as a waveform (speed, room, noise), beside the clip itself.</summary>
    public int Copies { get; init; }

    /// <summary>What the network is trained to do.</summary>
    public LearningLoss Loss { get; init; }

    /// <summary>Temperature of the contrastive losses, above 0; smaller looks at fewer, nearer neighbours.</summary>
    public double Temperature { get; init; } = 0.1;

    /// <summary>What cosines are multiplied by before a softmax over classes.</summary>
    public double Scale { get; init; } = 16;

    /// <summary>The angle of <see cref="LearningLoss.ArcFace"/> in radians, or the margin of <see cref="LearningLoss.Triplet"/> in squared distance.</summary>
    public double Margin { get; init; } = 0.2;

    /// <summary>Channels of the convolutions: a 5x5 one of stride 2, then 3x3 ones with an average pool of 2x2 after each but the last. 2 to 6 of them.</summary>
    public IReadOnlyList<int> Channels { get; init; } = [16, 32, 64, 128];

    /// <summary>Residual blocks (3x3 convolution, norm, ReLU, added) after each of the last so many convolutions.</summary>
    public int Residuals { get; init; }

    /// <summary>Length of the vectors of one network.</summary>
    public int Dimension { get; init; } = 128;

    /// <summary>
    /// Length of what the loss compares, when that is not the vectors themselves but a projection of them (linear, ReLU, linear; Chen et al. 2020), which only the training has; 0, the default, for none. What
    /// a contrastive loss without labels presses out of the projection is then still in the vectors.
    /// </summary>
    public int Head { get; init; }

    /// <summary>
    /// Networks that learn side by side, each from random numbers and batches of its own; 1 to 16. Their vectors become one, end to end: its cosine is the mean of theirs. Time and size grow with them.
    /// </summary>
    public int Networks { get; init; } = 1;

    /// <summary>Share of the pooled values that are set to 0 while training.</summary>
    public double Dropout { get; init; } = 0.2;

    /// <summary>Passes over the clips.</summary>
    public int Epochs { get; init; } = 120;

    /// <summary>Classes in a batch, 2 or more.</summary>
    public int ClassesPerBatch { get; init; } = 10;

    /// <summary>Clips of each class in a batch; 2 or more for the contrastive losses and triplets.</summary>
    public int ClipsPerClass { get; init; } = 3;

    /// <summary>Clips in a batch without labels, each as two views.</summary>
    public int UnlabelledBatch { get; init; } = 60;

    /// <summary>Highest learning rate: reached linearly over the first part of the steps, then half a cosine down to 0.</summary>
    public double Rate { get; init; } = 4e-3;

    /// <summary>That first part.</summary>
    public double WarmUp { get; init; } = 0.1;

    /// <summary>Stochastic gradient descent with momentum 0.9 instead of AdamW (0.9, 0.99).</summary>
    public bool Sgd { get; init; }

    /// <summary>Decoupled weight decay of matrices and convolutions.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>Longest gradient; longer ones are scaled down to it.</summary>
    public double ClipNorm { get; init; } = 5;

    /// <summary>Decay of the moving average of the weights, which is what is kept; smaller during the first steps.</summary>
    public double AverageDecay { get; init; } = 0.98;

    /// <summary>
    /// Epochs without a better MAP on the validation clips after which training ends, with the best model kept; 0 (the default) trains all epochs and keeps the last. Needs validation clips.
    /// </summary>
    public int Patience { get; init; }

    /// <summary>Epochs from one validation to the next.</summary>
    public int ValidateEvery { get; init; } = 5;

    /// <summary>Seed of everything random.</summary>
    public int Seed { get; init; }

    /// <summary>Environmental sounds: keeps colour and level differences, 3 s views. The defaults.</summary>
    public static LearningOptions Environment { get; } = new();

    /// <summary>Short words of many speakers: what voice and microphone add is taken away.</summary>
    public static LearningOptions Voice { get; } = new() { Features = FeatureOptions.Voice, Views = ViewOptions.Voice, WarpRange = 0.25, Epochs = 15 };

    /// <summary>
    /// The same with another loss, and what that loss wants changed: without labels a larger temperature, and views that differ more, so that a recording is not told by its colour, pitch and noise alone.
    /// </summary>
    public LearningOptions With(LearningLoss loss) => loss == LearningLoss.NtXent
        ? this with
        {
            Loss = loss, Temperature = 0.2, WarpRange = Math.Max(0.2, WarpRange),
            Views = Views with { EqualiserDb = Math.Max(6, Views.EqualiserDb), NoiseShare = Math.Max(0.6, Views.NoiseShare), MaskShare = Math.Max(0.3, Views.MaskShare), MixShare = 0, BackgroundShare = 0 },
        }
        : this with { Loss = loss };

    /// <summary>Length of the vectors that come out.</summary>
    public int VectorLength => Networks * Dimension;

    /// <summary>Whether labels are looked at.</summary>
    internal bool UsesLabels => Loss != LearningLoss.NtXent;

    /// <summary>Whether there is a vector per class.</summary>
    internal bool HasClassVectors => Loss is LearningLoss.SupConAndSoftmax or LearningLoss.Softmax or LearningLoss.ArcFace;

    internal MelPowerStoreOptions Store(int threads) => new() { Features = Features, Warps = Warps, WarpRange = WarpRange, Copies = Copies, Seed = Seed, Threads = threads };

    internal void Check()
    {
        static void Range(string name, double value, double low, double high)
        {
            if (!(value >= low && value <= high)) throw new ArgumentOutOfRangeException(name, $"{name}={value} must be {low} to {high}");
        }
        Store(1).Check();
        Views.Check();
        if (!Enum.IsDefined(Loss)) throw new ArgumentException($"loss={(int)Loss} is none");
        Range(nameof(Temperature), Temperature, 0.001, 10);
        Range(nameof(Scale), Scale, 0.1, 1000);
        Range(nameof(Margin), Margin, 0, 2);
        Range(nameof(Channels), Channels.Count, 2, 6);
        foreach (int channels in Channels) Range(nameof(Channels), channels, 1, 2048);
        Range(nameof(Residuals), Residuals, 0, Channels.Count - 1);
        Range(nameof(Dimension), Dimension, 2, 4096);
        Range(nameof(Head), Head, 0, 4096);
        Range(nameof(Networks), Networks, 1, 16);
        Range(nameof(Dropout), Dropout, 0, 0.95);
        Range(nameof(Epochs), Epochs, 1, 100_000);
        Range(nameof(ClassesPerBatch), ClassesPerBatch, 2, 1000);
        Range(nameof(ClipsPerClass), ClipsPerClass, 1, 1000);
        Range(nameof(UnlabelledBatch), UnlabelledBatch, 2, 4096);
        Range(nameof(Rate), Rate, 1e-8, 10);
        Range(nameof(WarmUp), WarmUp, 0, 0.9);
        Range(nameof(WeightDecay), WeightDecay, 0, 10);
        Range(nameof(ClipNorm), ClipNorm, 1e-6, 1e6);
        Range(nameof(AverageDecay), AverageDecay, 0, 0.99999);
        Range(nameof(Patience), Patience, 0, 100_000);
        Range(nameof(ValidateEvery), ValidateEvery, 1, 100_000);
        if (Loss is LearningLoss.SupCon or LearningLoss.SupConAndSoftmax or LearningLoss.Triplet && ClipsPerClass < 2)
            throw new ArgumentException($"clips per class={ClipsPerClass} leaves a batch without pairs of one class; take 2 or more, or another loss");
    }
}
