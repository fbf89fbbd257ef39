using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using SimSearch.Datasets;

namespace SimSearch.Tests;

public sealed class ArchiveExtractorTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-archive-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Target => Path.Combine(folder, "deep", "target");

    private string Save(byte[] bytes, string name)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string Zip(Action<ZipArchive> fill)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true)) fill(zip);
        return Save(bytes.ToArray(), "a.zip");
    }

    private string Tar(Action<TarWriter> fill, TarEntryFormat format = TarEntryFormat.Pax)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, format)) fill(tar);
        return Save(bytes.ToArray(), "a.tar.gz");
    }

    private static void Add(ZipArchive zip, string name, string text = "x")
    {
        using var writer = new StreamWriter(zip.CreateEntry(name).Open());
        writer.Write(text);
    }

    private static void Add(TarWriter tar, string name, string text = "x", TarEntryType type = TarEntryType.RegularFile) =>
        tar.WriteEntry(new PaxTarEntry(type, name) { DataStream = type == TarEntryType.RegularFile ? new MemoryStream(Encoding.UTF8.GetBytes(text)) : null });

    private void Extract(string archive, ArchiveLimits? limits = null) =>
        ArchiveExtractor.Extract(archive, archive.EndsWith(".zip") ? ArchiveKind.Zip : ArchiveKind.TarGz, Target, limits ?? new ArchiveLimits());

    private string Refusal(string archive, ArchiveLimits? limits = null)
    {
        string message = Assert.Throws<SimSearchException>(() => Extract(archive, limits)).Message;
        // Whatever it was, nothing may have come to lie outside of the target.
        Assert.Equal(["a.tar.gz", "a.zip", "deep"], Directory.EnumerateFileSystemEntries(folder).Select(p => Path.GetFileName(p)).Union(["a.tar.gz", "a.zip", "deep"]).Order());
        Assert.Equal(["target"], Directory.EnumerateFileSystemEntries(Path.Combine(folder, "deep")).Select(p => Path.GetFileName(p)));
        return message;
    }

    private string[] Files => [.. Directory.EnumerateFiles(Target, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(Target, p)).Order(StringComparer.Ordinal)];

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.V7)]
    public void Plain_archives_are_unpacked(TarEntryFormat format)
    {
        Extract(Zip(zip => { zip.CreateEntry("z/"); Add(zip, "z/a.txt", "zip"); Add(zip, "z\\w.txt"); Add(zip, "./b.txt"); }));
        string big = new('y', 100_000);
        Extract(Tar(tar =>
        {
            TarEntry Of(TarEntryType type, string name) => format switch
            {
                TarEntryFormat.Pax => new PaxTarEntry(type, name),
                TarEntryFormat.Gnu => new GnuTarEntry(type, name),
                TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                _ => new V7TarEntry(type == TarEntryType.RegularFile ? TarEntryType.V7RegularFile : type, name),
            };
            tar.WriteEntry(Of(TarEntryType.Directory, "t"));
            foreach (var (name, text) in new[] { ("t/a.txt", "tar"), ("t/big.txt", big), ("t/empty.txt", ""), ("t/last.txt", "end") })
            {
                var entry = Of(TarEntryType.RegularFile, name);
                entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text));
                tar.WriteEntry(entry);
            }
            if (format is TarEntryFormat.Pax or TarEntryFormat.Gnu) tar.WriteEntry(Of(TarEntryType.Directory, "t/" + new string('n', 200)));
        }, format));
        Assert.Equal(["b.txt", "t/a.txt", "t/big.txt", "t/empty.txt", "t/last.txt", "z/a.txt", "z/w.txt"], Files.Select(f => f.Replace('\\', '/')));
        Assert.Equal(("zip", "tar", big, "end"), (File.ReadAllText(Path.Combine(Target, "z/a.txt")), File.ReadAllText(Path.Combine(Target, "t/a.txt")), File.ReadAllText(Path.Combine(Target, "t/big.txt")), File.ReadAllText(Path.Combine(Target, "t/last.txt"))));
    }

    [Fact]
    public void The_comment_that_git_puts_at_the_begin_is_passed_over()
    {
        Extract(Tar(tar =>
        {
            tar.WriteEntry(new PaxGlobalExtendedAttributesTarEntry(new Dictionary<string, string> { ["comment"] = "0123456789abcdef" }));
            Add(tar, "a.txt");
        }));
        Assert.Equal(["a.txt"], Files);
    }

    public static TheoryData<string> HostileNames =>
    [
        "../evil", "a/../../evil", "..", "/evil", "//server/share/evil", "..\\evil", "a\\..\\..\\evil", "\\evil", "C:\\evil", "C:evil", "a.wav:stream",
        "nul", "COM1.wav", "aux.tar.gz", "a/con /b", "a./b", "b ", "\u0001a", "../target-twin/evil",
    ];

    [Theory, MemberData(nameof(HostileNames))]
    public void Names_that_lead_elsewhere_refuse_a_zip_and_a_tar(string name)
    {
        string shown = name.Replace("\u0001", "%01");
        Assert.Contains($"'{shown}'", Refusal(Zip(zip => { Add(zip, "good.wav"); Add(zip, name); })));
        Directory.Delete(Target, recursive: true);
        Assert.Contains($"'{shown}'", Refusal(Tar(tar => { Add(tar, "good.wav"); Add(tar, name); })));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink, "/etc")]
    [InlineData(TarEntryType.SymbolicLink, "sibling")]
    [InlineData(TarEntryType.HardLink, "../../secret")]
    [InlineData(TarEntryType.HardLink, "good.wav")]
    public void Links_in_a_tar_refuse_it(TarEntryType type, string to)
    {
        string message = Refusal(Tar(tar =>
        {
            Add(tar, "good.wav");
            tar.WriteEntry(new PaxTarEntry(type, "link") { LinkName = to });
            Add(tar, "link/evil");
        }));
        Assert.Contains("'link'", message);
        Assert.False(Path.Exists(Path.Combine(Target, "link")));
    }

    [Theory]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    public void Devices_in_a_tar_refuse_it(TarEntryType type) => Assert.Contains(type.ToString(), Refusal(Tar(tar => tar.WriteEntry(new PaxTarEntry(type, "device")))));

    [Theory]
    [InlineData(0xA1FF)]
    [InlineData(0x61B0)]
    [InlineData(0x11B0)]
    public void Links_and_devices_in_a_zip_refuse_it(int mode) => Assert.Contains("link or device", Refusal(Zip(zip =>
    {
        Add(zip, "good.wav");
        var link = zip.CreateEntry("link");
        link.ExternalAttributes = mode << 16;
        using var writer = new StreamWriter(link.Open());
        writer.Write("/etc/passwd");
    })));

    [Fact]
    public void Doubled_entries_and_files_that_are_folders_too_refuse_an_archive()
    {
        Assert.Contains("twice", Refusal(Zip(zip => { Add(zip, "a"); Add(zip, "./a"); })));
        Directory.Delete(Target, recursive: true);
        Assert.Contains("in a file", Refusal(Zip(zip => { Add(zip, "a"); Add(zip, "a/b"); })));
        Directory.Delete(Target, recursive: true);
        Assert.Contains("twice", Refusal(Zip(zip => { Add(zip, "a/b"); Add(zip, "a"); })));
        Directory.Delete(Target, recursive: true);
        Assert.Contains("a folder and a file", Refusal(Zip(zip => { Add(zip, "a"); zip.CreateEntry("a/"); })));
    }

    [Fact]
    public void Bombs_are_refused_before_they_fill_the_disk()
    {
        var tight = new ArchiveLimits { RatioFrom = 1 << 20, MaxRatio = 10 };
        string zeros = new('\0', 20_000_000);
        long Written() => Directory.EnumerateFiles(Target, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
        Assert.Contains("unpack to more than", Refusal(Zip(zip => Add(zip, "zeros", zeros)), tight));
        Assert.InRange(Written(), 0, 2 << 20);
        Directory.Delete(Target, recursive: true);
        Assert.Contains("unpack to more than", Refusal(Tar(tar => Add(tar, "zeros", zeros)), tight));
        Assert.InRange(Written(), 0, 2 << 20);
        Assert.Contains("more than 1000", Refusal(Zip(zip => Add(zip, "a2", new string('x', 2000))), new ArchiveLimits { MaxBytes = 1000 }));
        Assert.Contains("entries", Refusal(Zip(zip => { for (int i = 0; i < 20; i++) Add(zip, $"b{i}"); }), new ArchiveLimits { MaxEntries = 10 }));
    }

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    public void A_tar_header_that_claims_gigabytes_of_description_is_refused_before_memory_is_given_to_it(char type)
    {
        byte[] header = TarHeader("long", type, "17777777777");
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.Contains("describes itself", Refusal(Gzip([.. header, .. new byte[2048]])));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 20_000_000);
    }

    [Theory]
    [InlineData("9999999999z")]
    [InlineData("-1")]
    [InlineData("\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("\u0080\u0001\0\0\0\0\0\0\0\0\u0001")]
    public void A_size_that_readers_could_take_differently_is_refused(string size) => Assert.Contains("no size", Refusal(Gzip([.. TarHeader("a", '0', size), .. new byte[2048]])));

    [Fact]
    public void An_attribute_that_changes_a_size_is_refused()
    {
        byte[] attribute = new byte[512];
        "19 size=4294967296\n"u8.CopyTo(attribute);
        Assert.Contains("changes the size", Refusal(Gzip([.. TarHeader("x", 'x', "00000000023"), .. attribute, .. TarHeader("a", '0', "00000000000"), .. new byte[1024]])));
    }

    [Fact]
    public void Every_truncation_and_noise_is_a_typed_error_or_a_shorter_archive()
    {
        byte[] zip = File.ReadAllBytes(Zip(z => { Add(z, "a", "hello"); Add(z, "b/c", "world"); }));
        byte[] tar = File.ReadAllBytes(Tar(t => { Add(t, "a", "hello"); Add(t, "b/c", "world"); }));
        var random = new SeededRandom(3);
        foreach (var (whole, name) in new[] { (zip, "a.zip"), (tar, "a.tar.gz") })
        {
            for (int round = 0; round < 400; round++)
            {
                byte[] broken = round < whole.Length / 2 ? whole[..(round * 2)] : [.. whole];
                if (round % 2 == 1) for (int f = 0; f < 3 && broken.Length > 0; f++) broken[random.Below(broken.Length)] ^= (byte)(1 << random.Below(8));
                try { Extract(Save(broken, name)); }
                catch (SimSearchException) { }
                if (Directory.Exists(Target)) Directory.Delete(Target, recursive: true);
                Assert.Equal(["a.tar.gz", "a.zip", "deep"], Directory.EnumerateFileSystemEntries(folder).Select(p => Path.GetFileName(p)).Order());
            }
        }
    }

    private string Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes);
        return Save(packed.ToArray(), "a.tar.gz");
    }

    private static byte[] TarHeader(string name, char type, string size)
    {
        var header = new byte[512];
        Encoding.Latin1.GetBytes(name, header.AsSpan(0));
        "0000644"u8.CopyTo(header.AsSpan(100));
        "0000000"u8.CopyTo(header.AsSpan(108));
        "0000000"u8.CopyTo(header.AsSpan(116));
        Encoding.Latin1.GetBytes(size, header.AsSpan(124, 12));
        "00000000000"u8.CopyTo(header.AsSpan(136));
        header[156] = (byte)type;
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header) sum += b;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ", header.AsSpan(148));
        return header;
    }
}
