using SimSearch.Datasets;
using SimSearch.Storage;

namespace SimSearch.Tests;

public sealed class DatasetManifestTests
{
    private const string Good = """
        { "name": "n", "title": "t", "description": "d", "licence": "l", "citation": "c", "homepage": "https://example.org", "folder": "f", "layout": "esc50",
          "files": [ { "url": "https://example.org/a.zip", "name": "a.zip", "bytes": null, "sha256": null, "archive": "zip" } ] }
        """;

    [Fact]
    public void Every_manifest_in_data_is_built_in_and_says_what_people_must_know()
    {
        string data = Path.Combine(Support.SharedData.RepositoryRoot, "data");
        string[] names = [.. Directory.EnumerateFiles(data, "*.json").Select(p => Path.GetFileNameWithoutExtension(p)).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(names);
        Assert.Equal(names, DatasetManifest.BuiltIn.Select(m => m.Name));
        Assert.All(DatasetManifest.BuiltIn, m =>
        {
            Assert.All(new[] { m.Title, m.Description, m.Licence, m.Citation }, text => Assert.NotEqual("", text.Trim()));
            Assert.All(m.Files, f =>
            {
                Assert.Equal("https", f.Url.Scheme);
                // What is not known is said to be so.
                if (f.Sha256 is null || f.Bytes is null) Assert.Contains("hash", m.Note);
            });
            Assert.Same(m, DatasetManifest.Find(m.Name));
        });
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_known_ones() =>
        Assert.Contains("esc-50, fsdd", Assert.Throws<SimSearchException>(() => DatasetManifest.Find("unicorns")).Message);

    [Fact]
    public void A_good_manifest_is_read()
    {
        var manifest = DatasetManifest.Parse(Good);
        Assert.Equal((DatasetLayout.Esc50, ArchiveKind.Zip, "a.zip"), (manifest.Layout, manifest.Files[0].Archive, manifest.Files[0].Name));
    }

    [Theory]
    [InlineData("\"name\": \"n\"", "\"name\": \"../n\"", "../n")]
    [InlineData("\"folder\": \"f\"", "\"folder\": \"..\"", "folder '..'")]
    [InlineData("\"name\": \"a.zip\"", "\"name\": \"../a.zip\"", "../a.zip")]
    [InlineData("\"name\": \"a.zip\"", "\"name\": \"nul\"", "'nul'")]
    [InlineData("https://example.org/a.zip", "http://example.org/a.zip", "http with a sha256")]
    [InlineData("https://example.org/a.zip", "file:///etc/passwd", "file:///etc/passwd")]
    [InlineData("https://example.org/a.zip", "a.zip", "must be https")]
    [InlineData("\"bytes\": null", "\"bytes\": -1", "bytes=-1")]
    [InlineData("\"sha256\": null", "\"sha256\": \"ABC\"", "ABC")]
    [InlineData("\"archive\": \"zip\"", "\"archive\": \"rar\"", "not a valid manifest")]
    [InlineData("\"archive\": \"zip\"", "\"archive\": \"zip\", \"run\": \"rm\"", "run")]
    [InlineData("\"title\": \"t\",", "", "title")]
    [InlineData("\"title\": \"t\"", "\"title\": null", "not a valid manifest")]
    [InlineData("\"files\": [ {", "\"files\": [ null, {", "null")]
    [InlineData("\"files\": [", "\"files\": 3, \"x\": [", "not a valid manifest")]
    [InlineData("{ \"name\"", "\"name\"", "not a valid manifest")]
    public void A_manifest_that_breaks_a_rule_is_refused_with_the_value(string part, string replacement, string expected)
    {
        string json = Good.Replace(part, replacement);
        Assert.NotEqual(Good, json);
        Assert.Contains(expected, Assert.Throws<SimSearchException>(() => DatasetManifest.Parse(json, "m.json")).Message);
    }

    [Fact]
    public void The_cache_is_where_the_environment_says()
    {
        // The variables are handed in: setting them for the process would reach every test that runs beside this one.
        string given = Path.GetFullPath("somewhere"), cache = Path.GetFullPath("caches");
        Assert.Equal(Path.Combine(given, "datasets"), CacheFolder.Of("datasets", name => name == "SIMSEARCH_CACHE" ? "somewhere" : cache));
        if (!OperatingSystem.IsWindows()) Assert.Equal(Path.Combine(cache, "simsearch", "vectors"), CacheFolder.Of("vectors", name => name == "XDG_CACHE_HOME" ? cache : null));
        string usual = CacheFolder.Of("datasets", name => name == "XDG_CACHE_HOME" ? "not/absolute" : null);
        Assert.EndsWith(Path.Combine("simsearch", "datasets"), usual);
        Assert.True(Path.IsPathFullyQualified(usual));
        Assert.DoesNotContain("not/absolute", usual);
        Assert.Equal(CacheFolder.Of("datasets"), DatasetCache.Folder);
    }

    [Fact]
    public void Speech_Commands_gives_speakers_as_groups_and_its_lists_as_splits()
    {
        string folder = Directory.CreateTempSubdirectory("simsearch-speech-").FullName;
        try
        {
            foreach (string name in new[] { "yes/0a_nohash_0.wav", "yes/0b_nohash_1.wav", "no/0a_nohash_0.wav", "_background_noise_/hum.wav" })
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
                File.WriteAllText(Path.Combine(folder, name), "");
            }
            Assert.All(SpeechCommandsDataset.Load(folder).Items, i => Assert.Null(i.Split));
            File.WriteAllText(Path.Combine(folder, "testing_list.txt"), "yes/0b_nohash_1.wav\n");
            File.WriteAllText(Path.Combine(folder, "validation_list.txt"), "no/0a_nohash_0.wav\r\n");
            Assert.Equal([("no", "0a", "validation"), ("yes", "0a", "train"), ("yes", "0b", "test")], DatasetLoader.Open(folder).Items.Select(i => (i.Label, i.Group, i.Split)));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}
