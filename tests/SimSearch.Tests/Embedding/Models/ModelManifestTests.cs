using System.Text.Json.Nodes;
using SimSearch.Embedding;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class ModelManifestTests
{
    private static readonly ModelFile File = new() { Name = "tiny.onnx", Bytes = 10, Sha256 = new string('a', 64) };

    private static ModelManifest Manifest => TestModels.Manifest(File) with { Golden = ModelGolden.Sweep with { Vector = [1, 2, 3, 4, 5, 6] } };

    [Fact]
    public void What_is_written_is_read_back()
    {
        string json = Manifest.ToJson();
        Assert.Equal(json, ModelManifest.Parse(json).ToJson());
        Assert.Equal(Manifest.Golden, ModelManifest.Parse(json).Golden);
        Assert.Equal(Manifest.Steps, ModelManifest.Parse(json).Steps);
    }

    [Theory]
    [InlineData("surprise", "1")]
    [InlineData("name", "\"Not a name\"")]
    [InlineData("format", "\"simsearch-model-9\"")]
    [InlineData("sample_rate", "0")]
    [InlineData("sample_rate", "\"8000\"")]
    [InlineData("dimension", "0")]
    [InlineData("dimension", "1000000")]
    [InlineData("files", "[]")]
    [InlineData("files", "[null]")]
    [InlineData("files", "[{\"name\": \"../tiny.onnx\", \"bytes\": 1, \"sha256\": \"aa\"}]")]
    [InlineData("files", "[{\"name\": \"tiny.onnx\", \"bytes\": 1, \"sha256\": \"AA\"}]")]
    [InlineData("files", "[{\"name\": \"tiny.onnx\"}]")]
    [InlineData("steps", "[]")]
    [InlineData("steps", "[{\"step\": \"dance\"}]")]
    [InlineData("steps", "[{\"rows\": 4}]")]
    [InlineData("steps", "[{\"step\": \"pad\"}]")]
    [InlineData("steps", "[{\"step\": \"pad\", \"rows\": -1}]")]
    [InlineData("steps", "[{\"step\": \"pad\", \"rows\": 1, \"colour\": \"red\"}]")]
    [InlineData("licence", "null")]
    [InlineData("golden", "{\"seconds\": 1}")]
    public void A_wrong_field_is_refused(string field, string value)
    {
        var json = JsonNode.Parse(Manifest.ToJson())!.AsObject();
        json[field] = JsonNode.Parse(value);
        Assert.Contains("not a valid model manifest", Assert.Throws<ModelException>(() => ModelManifest.Parse(json.ToJsonString())).Message);
    }

    [Theory]
    [InlineData("colour", "3", "there is no field 'colour'")]
    [InlineData("dimension", "\"many\"", "$.dimension: the value is of another kind")]
    [InlineData("steps", "[{\"step\": \"dance\"}]", "there is no step 'dance'")]
    public void What_is_wrong_is_said_in_the_words_of_the_file(string field, string value, string says)
    {
        var json = JsonNode.Parse(Manifest.ToJson())!.AsObject();
        json[field] = JsonNode.Parse(value);
        string message = Assert.Throws<ModelException>(() => ModelManifest.Parse(json.ToJsonString())).Message;
        Assert.Contains(says, message);
        foreach (string ofNet in (string[])["System.", ".NET", "SimSearch.", "discriminator"]) Assert.DoesNotContain(ofNet, message);
    }

    [Fact]
    public void Every_missing_field_that_matters_is_missed()
    {
        foreach (string field in (string[])["name", "description", "licence", "sample_rate", "files", "steps", "dimension"])
        {
            var json = JsonNode.Parse(Manifest.ToJson())!.AsObject();
            json.Remove(field);
            Assert.Throws<ModelException>(() => ModelManifest.Parse(json.ToJsonString()));
        }
        foreach (string text in (string[])["", "null", "[]", "{", "nonsense", Manifest.ToJson().Replace("\"tiny\"", "\"tiny\", \"name\": \"twice\"", StringComparison.Ordinal), new string('[', 10000)])
            Assert.Throws<ModelException>(() => ModelManifest.Parse(text));
    }

    [Fact]
    public void Steps_check_their_values()
    {
        ModelStep network = Manifest.Steps.OfType<NetworkStep>().Single();
        var mel = Manifest.Steps.OfType<MelStep>().Single();
        foreach (ModelStep wrong in (ModelStep[])
        [
            new CropStep { Rows = 0 }, new PadStep { Rows = 1 << 25 }, new PadStep { Rows = 1, Fill = float.NaN }, new FitStep { Rows = 0 }, new FitStep { Rows = 1, Floor = -1 },
            new ScaleStep { Multiply = float.PositiveInfinity }, new ScaleStep { Minimum = 1, Maximum = 0 }, new LogStep { Scale = new() { MinimumPower = 0 } },
            new NormaliseStep { Epsilon = 0 }, new WindowsStep { Length = 0, Hop = 1 }, new WindowsStep { Length = 1, Hop = 0 }, new PoolStep { Kinds = [] }, new PoolStep { Kinds = [PoolKind.Mean, PoolKind.Mean] },
            mel with { Mel = mel.Mel with { Bands = 0 } }, mel with { Mel = mel.Mel with { Stft = mel.Mel.Stft with { SampleRate = 16000 } } }, mel with { Mel = mel.Mel with { Norm = Audio.MelNorm.Slaney } },
            (NetworkStep)network with { File = "other.onnx" }, (NetworkStep)network with { Batch = 0 }, (NetworkStep)network with { InputLayout = ["rows", "rows"] },
            (NetworkStep)network with { InputLayout = ["height"] }, (NetworkStep)network with { OutputLayout = ["columns"] },
        ])
            Assert.Throws<ModelException>(() => (Manifest with { Steps = [wrong, network] }).Check());
        (Manifest with { Steps = [new PadStep { Rows = 5 }, network] }).Check();
    }

    [Fact]
    public void The_golden_sound_is_what_its_formula_says()
    {
        var golden = new ModelGolden { Seconds = 0.5, FromHertz = 100, ToHertz = 300, Amplitude = 0.25, Noise = 0 };
        float[] samples = golden.Samples(8000);
        Assert.Equal(4000, samples.Length);
        double t = 1234 / 8000.0;
        Assert.Equal(0.25 * Math.Sin(2 * Math.PI * (100 * t + 200 * t * t)), samples[1234], 1e-6);
        float[] noise = (golden with { Amplitude = 0, Noise = 1 }).Samples(8000);
        Assert.Equal([(1015568748 >> 8) / 8388608.0f - 1, (1586005467 >> 8) / 8388608.0f - 1], noise[..2]);
        Assert.Equal(0, noise.Average(), 0.05);
    }

    [Fact]
    public void Manifests_that_come_along_are_valid_and_name_where_to_get_the_weights()
    {
        foreach (var manifest in ModelShelf.BuiltIn)
        {
            manifest.Check();
            Assert.True(manifest.Golden is not null || manifest.Note is not null, $"{manifest.Name}: without a golden vector a note must say what was not tested");
            Assert.All(manifest.Files, file => Assert.True(file.Url is not null || System.IO.File.Exists(Path.Combine(SharedData.RepositoryRoot, "models", file.Name)), $"{manifest.Name}: {file.Name} is nowhere to be had"));
        }
    }
}
