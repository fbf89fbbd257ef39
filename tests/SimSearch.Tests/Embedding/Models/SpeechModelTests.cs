using System.Numerics.Tensors;
using System.Text.Json;
using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>A real model of two networks in a chain, as an audio embedder, against stored vectors.</summary>
public sealed class SpeechModelTests
{
    [Fact]
    public void The_chain_gives_the_reference_vector()
    {
        var expected = JsonDocument.Parse(File.ReadAllText(SharedData.Data("models/oracle/expected.json"))).RootElement
            .GetProperty("hey_jane.wav openwakeword").GetProperty("mean_over_windows_first8").EnumerateArray().Select(v => v.GetSingle()).ToArray();
        var embedder = TestModels.OpenWakeWord();
        float[] vector = new float[96];
        embedder.Embed([AudioFile.Load(SharedData.Data("models/oracle/hey_jane.wav"), embedder.LoadOptions())], vector);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], vector[i], 2e-3);
    }

    [Fact]
    public void FSDD_reproduces_the_stored_vectors_and_the_second_time_nothing_is_computed()
    {
        string cache = Directory.CreateTempSubdirectory("simsearch-speech-").FullName;
        try
        {
            // The official test part; figures over all clips, and against MFCCs, are in the README with their command.
            var all = FsddDataset.Load(SharedData.Data("audio/fsdd"));
            var part = all.Where(i => i.Split == "test");
            var options = new EmbedOptions { CacheFolder = cache };
            using var embeddings = DatasetEmbedding.Embed(part, TestModels.OpenWakeWord(), options);
            using var stored = VectorMatrix.Open(SharedData.Data("ann/fsdd_oww96.fvecs"));
            var row = all.Items.Select((item, i) => (item.Id, i)).ToDictionary(p => p.Id, p => p.i);
            // Not bit by bit: the stored ones were resampled to 16 kHz by another filter.
            Assert.All(Enumerable.Range(0, part.Count), i => Assert.True(TensorPrimitives.CosineSimilarity(embeddings.Vectors.Row(i), stored.Row(row[part.Items[i].Id])) > 0.9995));
            var again = DatasetEmbedding.Run(part, TestModels.OpenWakeWord(), options);
            using var same = again.Embeddings;
            Assert.Equal((300, true), (again.FromCache, same.Vectors.RowRange(0, 300).SequenceEqual(embeddings.Vectors.RowRange(0, 300))));
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }
}
