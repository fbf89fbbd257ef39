using System.Text;
using System.Text.Json.Nodes;
using SimSearch.Embedding;

namespace SimSearch.Tests;

/// <summary>Manifests by somebody who means harm, or cannot type: each is an error that names the value, before any file is opened.</summary>
public sealed class HostileManifestTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-hostile-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly string Valid = (TestModels.Manifest(new() { Name = "tiny.onnx", Bytes = 10, Sha256 = new string('a', 64), Url = new Uri("https://example.org/tiny.onnx") }) with
    {
        Golden = ModelGolden.Sweep with { Vector = [1, 2, 3, 4, 5, 6] },
    }).ToJson();

    private static string Refused(string json) => Assert.Throws<ModelException>(() => ModelManifest.Parse(json, "evil.model.json")).Message;

    // Where in the manifest, what instead, and what the error must name.
    [Theory]
    // Files elsewhere.
    [InlineData("files.0.name", "\"/etc/passwd.onnx\"", "/etc/passwd.onnx")]
    [InlineData("files.0.name", "\"../../tiny.onnx\"", "../../tiny.onnx")]
    [InlineData("files.0.name", "\"..\\\\tiny.onnx\"", "plain name")]
    [InlineData("files.0.name", "\"C:\\\\tiny.onnx\"", "plain name")]
    [InlineData("files.0.name", "\"a/tiny.onnx\"", "a/tiny.onnx")]
    [InlineData("files.0.name", "\"tiny.onnx\\u0000.txt\"", "plain name")]
    [InlineData("files.0.name", "\"tiny.onnx\\n\"", "plain name")]
    [InlineData("files.0.name", "\".onnx\"", ".onnx")]
    [InlineData("files.0.name", "\"tiny.so\"", "tiny.so")]
    [InlineData("files.0.name", "\"tiny.txt\"", "tiny.txt")]
    [InlineData("files.0.name", "\"tiny\u202Exnno.onnx\"", "plain name")]
    [InlineData("files.0.url", "\"http://example.org/tiny.onnx\"", "https")]
    [InlineData("files.0.url", "\"file:///etc/passwd\"", "https")]
    [InlineData("files.0.url", "\"ftp://example.org/tiny.onnx\"", "https")]
    [InlineData("files.0.url", "\"tiny.onnx\"", "https")]
    [InlineData("files.0.url", "\"javascript:alert(1)\"", "https")]
    [InlineData("name", "\"../evil\"", "../evil")]
    [InlineData("name", "\"..\"", "'..'")]
    [InlineData("name", "\"\"", "lower-case")]
    [InlineData("name", "\"tiny\\n\"", "lower-case")]
    // Sizes and hashes.
    [InlineData("files.0.bytes", "-1", "bytes=-1")]
    [InlineData("files.0.bytes", "0", "bytes=0")]
    [InlineData("files.0.bytes", "1e30", "bytes")]
    [InlineData("files.0.bytes", "4294967296", "bytes=4294967296")]
    [InlineData("files.0.bytes", "1.5", "bytes")]
    [InlineData("files.0.bytes", "\"10\"", "bytes")]
    [InlineData("files.0.sha256", "\"unknown\"", "unknown")]
    [InlineData("files.0.sha256", "\"\"", "sha256")]
    [InlineData("files.0.sha256", "\"zz\"", "sha256 'zz'")]
    [InlineData("dimension", "-1", "dimension=-1")]
    [InlineData("dimension", "2147483647", "dimension=2147483647")]
    [InlineData("dimension", "NaN", "'N'")]
    [InlineData("dimension", "6.5", "dimension")]
    [InlineData("sample_rate", "1000000000", "sample_rate=1000000000")]
    [InlineData("sample_rate", "-8000", "sample_rate=-8000")]
    // Wrong kinds.
    [InlineData("kind", "\"video\"", "kind")]
    [InlineData("kind", "0", "kind")]
    [InlineData("kind", "\"text\"", "text must be given")]
    [InlineData("kind", "\"image\"", "image must be given")]
    [InlineData("kind", "\"audio, text\"", "kind")]
    [InlineData("text", "{}", "vocabulary")]
    [InlineData("name", "7", "name")]
    [InlineData("homepage", "[]", "homepage")]
    [InlineData("licence", "{}", "licence")]
    // Steps: numbers that are none, that allocate, that never end.
    [InlineData("steps.3.multiply", "1e400", "multiply")]
    [InlineData("steps.3.multiply", "\"NaN\"", "multiply")]
    [InlineData("steps.3.add", "1e39", "add")]
    [InlineData("steps.0.mel.stft.fft_length", "1000", "n_fft=1000")]
    [InlineData("steps.0.mel.stft.fft_length", "1073741824", "n_fft=1073741824")]
    [InlineData("steps.0.mel.stft.hop_length", "0", "hop_length=0")]
    [InlineData("steps.0.mel.stft.hop_length", "-5", "hop_length=-5")]
    [InlineData("steps.0.mel.stft.win_length", "100000", "win_length=100000")]
    [InlineData("steps.0.mel.stft.sample_rate", "16000", "sample_rate=16000")]
    [InlineData("steps.0.mel.stft.sample_scale", "0", "sample scale=0")]
    [InlineData("steps.0.mel.bands", "0", "0")]
    [InlineData("steps.0.mel.bands", "-3", "-3")]
    [InlineData("steps.0.mel.bands", "2000000000", "2000000000")]
    [InlineData("steps.0.mel.max_frequency", "1e9", "1000000000")]
    [InlineData("steps.0.mel.min_frequency", "-1", "-1")]
    [InlineData("steps.0.mel.power", "0", "power")]
    [InlineData("steps.0.mel", "null", "mel")]
    [InlineData("steps.2.scale.minimum_power", "0", "amin=0")]
    [InlineData("steps.2.scale.top_db", "-1", "top_db=-1")]
    [InlineData("steps.2.scale.reference_power", "-1", "ref=-1")]
    [InlineData("steps.2.scale", "[]", "DbOptions")]
    [InlineData("steps.2.scale.colour", "1", "colour")]
    [InlineData("steps.4.file", "\"../tiny.onnx\"", "tiny.onnx: no step uses it")]
    [InlineData("steps.4.batch", "0", "batch=0")]
    [InlineData("steps.4.batch", "1000000", "batch=1000000")]
    [InlineData("steps.4.input_layout", "[]", "input_layout")]
    [InlineData("steps.4.input_layout", "[\"rows\", \"rows\", \"windows\"]", "twice")]
    [InlineData("steps.4.input_layout", "[null]", "input_layout")]
    [InlineData("steps.4.output_layout", "[\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\"]", "output_layout")]
    [InlineData("steps.5.kinds", "[]", "kinds")]
    [InlineData("steps.5.kinds", "[\"mean\", \"mean\"]", "kinds")]
    [InlineData("steps.5.kinds", "[\"median\"]", "kinds")]
    [InlineData("steps.5.kinds", "null", "kinds")]
    [InlineData("steps.6.step", "\"exec\"", "exec")]
    [InlineData("steps.6", "null", "steps")]
    [InlineData("steps.6", "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "steps")]
    // The golden sound and vector.
    [InlineData("golden.seconds", "1e9", "seconds=1000000000")]
    [InlineData("golden.seconds", "-1", "seconds=-1")]
    [InlineData("golden.from_hertz", "1e308", "1E+308")]
    [InlineData("golden.noise", "2", "noise=2")]
    [InlineData("golden.tolerance", "1", "tolerance=1")]
    [InlineData("golden.tolerance", "0", "tolerance=0")]
    [InlineData("golden.vector", "[1]", "1 values")]
    [InlineData("golden.vector", "[0,0,0,0,0,0]", "not all 0")]
    [InlineData("golden.vector", "[1e39,1,1,1,1,1]", "finite")]
    [InlineData("golden.vector", "[null,1,1,1,1,1]", "vector")]
    // Unknown fields, at every depth.
    [InlineData("exec", "\"rm -rf /\"", "exec")]
    [InlineData("$type", "\"System.Diagnostics.Process\"", "$type")]
    [InlineData("Name", "\"tiny\"", "Name")]
    [InlineData("files.0.mode", "493", "mode")]
    [InlineData("steps.0.mel.stft.threads", "1", "threads")]
    public void A_value_that_breaks_a_rule_is_refused_by_name(string where, string value, string names)
    {
        const string mark = "\"\uE000\"";
        string json = Set(JsonNode.Parse(Valid)!, where, JsonNode.Parse(mark)!).ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        Assert.Contains(mark, json.Replace("\\uE000", "\uE000", StringComparison.Ordinal));
        string message = Refused(json.Replace("\\uE000", "\uE000", StringComparison.Ordinal).Replace(mark, value, StringComparison.Ordinal));
        Assert.StartsWith("evil.model.json: is not a valid model manifest", message);
        Assert.Contains(names, message);
    }

    private static JsonNode Set(JsonNode root, string where, JsonNode value)
    {
        string[] path = where.Split('.');
        var at = root;
        foreach (string part in path[..^1]) at = (at is JsonArray list ? list[int.Parse(part)] : at[part])!;
        if (at is JsonArray array) array[int.Parse(path[^1])] = value;
        else at[path[^1]] = value;
        return root;
    }

    [Fact]
    public void Text_that_is_no_manifest_is_refused_whatever_it_is()
    {
        ModelManifest.Parse(Valid);
        foreach (string json in (string[])["", " ", "null", "true", "7", "\"text\"", "[]", "{}", "[" + Valid + "]", Valid + Valid, Valid[..^3], Valid.Replace("\n}", ",\n}", StringComparison.Ordinal), "// comment\n" + Valid, "/* */" + Valid,
            "\uFEFF\uFEFF" + Valid, "\0" + Valid, new string('[', 100_000), new string('{', 100_000), "{\"a\":" + new string('[', 100_000), "{\"steps\":" + string.Concat(Enumerable.Repeat("[{\"step\":", 10_000)),
            "<html></html>", "name: tiny", "version https://git-lfs.github.com/spec/v1"])
            Assert.Contains("not a valid model manifest", Refused(json));
        // Twice the same field, at the top, in a step, and in the part of a step that is read by hand.
        Assert.Contains("name", Refused(Valid.Replace("\"name\": \"tiny\"", "\"name\": \"tiny\", \"name\": \"tiny\"", StringComparison.Ordinal)));
        Assert.Contains("multiply", Refused(Valid.Replace("\"multiply\"", "\"multiply\": 1, \"multiply\"", StringComparison.Ordinal)));
        Assert.Contains("top_db", Refused(Valid.Replace("\"top_db\"", "\"top_db\": 1, \"top_db\"", StringComparison.Ordinal)));
        // Bands times bins: each allowed by itself.
        var wide = Set(JsonNode.Parse(Valid)!, "steps.0.mel.bands", 4096);
        Assert.Contains("are 2147487744 weights", Refused(Set(wide, "steps.0.mel.stft.fft_length", 1 << 20).ToJsonString()));
        var many = JsonNode.Parse(Valid)!.AsObject();
        many["steps"] = new JsonArray([.. Enumerable.Range(0, 65).Select(_ => JsonNode.Parse("{\"step\": \"unit\"}"))]);
        Assert.Contains("step", Refused(many.ToJsonString()));
        many = JsonNode.Parse(Valid)!.AsObject();
        many["files"] = new JsonArray([.. Enumerable.Range(0, 17).Select(_ => many["files"]![0]!.DeepClone())]);
        Assert.Contains("files", Refused(many.ToJsonString()));
    }

    [Fact]
    public void Files_that_are_no_text_too_large_or_not_there_are_refused()
    {
        string path = Path.Combine(folder, "evil.model.json");
        foreach (byte[] bytes in (byte[][])[[], [0xff, 0xfe], Encoding.UTF32.GetBytes(Valid), [.. Enumerable.Repeat((byte)0xc0, 1000)], [0x1f, 0x8b, 8, 0], new byte[100]])
        {
            File.WriteAllBytes(path, bytes);
            Assert.Contains("evil.model.json", Assert.Throws<ModelException>(() => ModelManifest.Load(path)).Message);
        }
        using (var large = File.Create(path)) large.SetLength(5L << 30);
        Assert.Contains("longer than the", Assert.Throws<ModelException>(() => ModelManifest.Load(path)).Message);
        File.Delete(path);
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(path, "/dev/zero");
            Assert.Contains("longer than the", Assert.Throws<ModelException>(() => ModelManifest.Load(path)).Message);
            File.Delete(path);
            File.CreateSymbolicLink(path, path);
            Assert.Throws<ModelException>(() => ModelManifest.Load(path));
            File.Delete(path);
        }
        Assert.Contains("no such model", Assert.Throws<ModelException>(() => ModelManifest.Load(path)).Message);
        Directory.CreateDirectory(path);
        Assert.Throws<ModelException>(() => ModelManifest.Load(path));
    }

    [Fact]
    public void A_file_name_that_is_a_link_or_a_folder_is_read_as_what_its_hash_says_or_not_at_all()
    {
        string model = TestModels.Write(folder);
        var manifest = ModelManifest.Load(model);
        string elsewhere = Path.Combine(folder, "elsewhere");
        File.Move(model, elsewhere);
        Directory.CreateDirectory(model);
        Assert.Throws<ModelException>(() => OnnxEmbedder.From(manifest, folder));
        Directory.Delete(model);
        File.CreateSymbolicLink(model, "/dev/zero");
        Assert.Throws<ModelException>(() => OnnxEmbedder.From(manifest, folder));
        File.Delete(model);
        File.CreateSymbolicLink(model, elsewhere);
        Assert.Equal(6, OnnxEmbedder.From(manifest, folder).Dimension);
    }
}
