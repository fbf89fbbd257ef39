using System.Collections.Frozen;
using SimSearch.Datasets;

namespace SimSearch.Audio;

/// <summary>
/// The data set that needs no download: sounds made from simple physics, varied in pitch, timbre, envelope, tempo, room and noise, and written
/// as real WAV files. Some classes are near neighbours on purpose (rain, wind and fire; bowed string, brass and organ; clock, footsteps and
/// drips), so that a plain embedding does not find everything.
/// </summary>
public static class SyntheticSounds
{
    /// <summary>Raised whenever the bytes of any sound change.</summary>
    internal const int Version = 1;

    private delegate void Recipe(Span<float> y, int rate, SeededRandom random);

    private static readonly (string Name, Recipe Recipe)[] Recipes =
    [
        ("bell", TonalSounds.Bell),
        ("birds", NaturalSounds.Birds),
        ("bowed-string", TonalSounds.BowedString),
        ("brass", TonalSounds.Brass),
        ("clock", HumanSounds.Clock),
        ("cricket", NaturalSounds.Cricket),
        ("drip", NaturalSounds.Drip),
        ("engine", HumanSounds.Engine),
        ("fire", NaturalSounds.Fire),
        ("footsteps", HumanSounds.Footsteps),
        ("organ", TonalSounds.Organ),
        ("plucked-string", TonalSounds.PluckedString),
        ("rain", NaturalSounds.Rain),
        ("siren", TonalSounds.Siren),
        ("voice", HumanSounds.Voice),
        ("wind", NaturalSounds.Wind),
    ];

    private static readonly FrozenDictionary<string, int> Numbers = Recipes.Index().ToFrozenDictionary(r => r.Item.Name, r => r.Index);

    /// <summary>The classes, in ordinal order.</summary>
    public static IReadOnlyList<string> Classes { get; } = [.. Recipes.Select(r => r.Name)];

    extension(Dataset)
    {
        /// <summary>Makes the synthetic sound set in a folder: one sub-folder of WAV files (16 bit, mono) a class, and a table items.csv.</summary>
        /// <param name="folder">
        /// Where it goes: a folder that does not exist, is empty, or holds a synthetic set. A set of the same options is completed, so that an
        /// interrupted call is continued and a finished one costs next to nothing; of a set of other options the files are replaced.
        /// </param>
        /// <param name="options">Size and seed; by default 16 classes of 16 files in 4 places, about 25 MB, a few seconds of work.</param>
        /// <param name="progress">Told after every file.</param>
        /// <param name="cancellation">Stops between two files; what is written stays and is used by the next call.</param>
        /// <returns>Items with the class as label, the place ("fold-1" ...) as group, and the name of the place as metadata "room".</returns>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        /// <exception cref="SimSearchException">The folder holds something else.</exception>
        public static Dataset Synthetic(string folder, SyntheticOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default) =>
            SyntheticFolder.Make(folder, options ?? new SyntheticOptions(), progress, cancellation);
    }

    /// <summary>One sound of the set, as it is written to its file.</summary>
    /// <param name="className">One of <see cref="Classes"/>.</param>
    /// <param name="number">Which of the class's sounds, from 0.</param>
    /// <param name="options">The set's options; ItemsPerClass plays no part.</param>
    /// <returns>
    /// A mono signal of between MinSeconds and MaxSeconds, without DC, faded over 5 ms at both ends, its peak between -3 and -1 dBFS. It depends on
    /// class, number and options only, not on what was made before.
    /// </returns>
    /// <exception cref="ArgumentException">No such class, or an option is out of its range.</exception>
    public static AudioSignal Render(string className, int number, SyntheticOptions? options = null)
    {
        options ??= new SyntheticOptions();
        options.Check();
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        if (!Numbers.TryGetValue(className, out int index)) throw new ArgumentException($"class '{className}' is not one of {string.Join(", ", Classes)}", nameof(className));
        var random = RandomFor(index, number, options);
        int rate = options.SampleRate;
        var y = new float[FramesOf(random, options)];
        Recipes[index].Recipe(y, rate, random);
        RoomOf(number, options).Record(y, rate, random);
        Finish(y, rate, Math.Pow(10, random.Between(-3, -1) / 20));
        return new AudioSignal(y, rate);
    }

    internal static RecordingRoom RoomOf(int number, SyntheticOptions options) => RecordingRoom.All[number % options.Folds];

    /// <summary>How many frames <see cref="Render"/> gives, without the work.</summary>
    internal static int FramesOf(string className, int number, SyntheticOptions options) => FramesOf(RandomFor(Numbers[className], number, options), options);

    private static SeededRandom RandomFor(int classIndex, int number, SyntheticOptions options) => new((ulong)options.Seed, (ulong)classIndex << 32 | (uint)number);

    private static int FramesOf(SeededRandom random, SyntheticOptions options) => (int)(random.Between(options.MinSeconds, options.MaxSeconds) * options.SampleRate);

    private static void Finish(Span<float> y, int rate, double peak)
    {
        // The mean goes first, then the fades, then the level: the fades must not bring a step back.
        double mean = 0;
        foreach (float sample in y) mean += sample;
        mean /= y.Length;
        int fade = rate / 200;
        float largest = 1e-9f;
        for (int i = 0; i < y.Length; i++)
        {
            double edge = Math.Min(1, Math.Min(i, y.Length - 1 - i) / (double)fade);
            y[i] = (float)((y[i] - mean) * (0.5 - 0.5 * Math.Cos(Math.PI * edge)));
            largest = Math.Max(largest, Math.Abs(y[i]));
        }
        float gain = (float)(peak / largest);
        for (int i = 0; i < y.Length; i++) y[i] *= gain;
    }
}
