using SimSearch.Images;
using SimSearch.Tests.Support;

namespace SimSearch.Tests.Images;

/// <summary>What is read, and what is refused and how. The hashes are printed by references/pillow.py (Pillow 9.4.0): an independent decoder.</summary>
public sealed class ImageFileTests
{
    internal static void RequireVips() => SharedData.SkipUnless(ImageFile.IsAvailable(out string? reason), reason ?? "");

    private static string Edge(string name)
    {
        RequireVips();
        return SharedData.Data(Path.Combine("images", "edge", name));
    }

    [Theory]
    [InlineData("baseline.jpg", "45f032e9eeb7460bdf5e649f93374fdeefb88e551e956ae7ae716b85cb8bf0ff")]
    [InlineData("cmyk.jpg", "a48f16e35345f46008c5001d36f9a35965536163305bcdfc7bdaf098114faec5")]
    [InlineData("exif_orientation6.jpg", "737e788bb4232608871a725ce73b706b17190f0ce17973610024dcc9927eddb3")]
    [InlineData("gray.jpg", "592edb01bc10ffabba02796dc6b1bdc2f32e736984fc5dc6c26881ba57d281db")]
    [InlineData("gray16.png", "e39db3223fda8084afdc949f317f2f7d6a6e210797d4f4afbfbbe80e3c06abbd")]
    [InlineData("gray8.png", "e39db3223fda8084afdc949f317f2f7d6a6e210797d4f4afbfbbe80e3c06abbd")]
    [InlineData("one_by_one.png", "3afb67e8fe5b43534b2da7f71120e67706bf165f21923abe5d0d6a7a2c7b202a")]
    [InlineData("palette.gif", "e25a3c6029ac98eebe423ef13d2d7d2f76eaef14c6e9eaf9044aabfa8993d2f0")]
    [InlineData("palette.png", "95478013ae8b681a74a95c5aba5230f173b55dff583bbffa49a0e15daf347450")]
    [InlineData("png_named.jpg", "1f7b76d0c1d5eb092b721ddd73c523efe1a2ad88890b8dbc7adfa91add5b3ed0")]
    [InlineData("progressive.jpg", "45f032e9eeb7460bdf5e649f93374fdeefb88e551e956ae7ae716b85cb8bf0ff")]
    [InlineData("rgb.tif", "1f7b76d0c1d5eb092b721ddd73c523efe1a2ad88890b8dbc7adfa91add5b3ed0")]
    [InlineData("rgb.webp", "77fb78a6169869792bccee903030b0cfe52fb02d04f96cd7656ff8712cb35911")]
    [InlineData("rgb8.png", "1f7b76d0c1d5eb092b721ddd73c523efe1a2ad88890b8dbc7adfa91add5b3ed0")]
    [InlineData("rgba8.png", "d3a7ec7c2f3ae77b76cb278e9ee544bea68081071993794b1c98316b8de73d18")]
    [InlineData("wide_300x7.png", "3bb566029c7ee10862522a817a3003ed1213cc963de846214d21fb9c5791e5f0")]
    public void Pixels_are_those_of_Pillow(string name, string hash) => Assert.Equal(hash, ImageResizerTests.Hash(ImageFile.Load(Edge(name))));

    [Theory]
    [InlineData("bad_crc.png", ImageFormatError.Damaged, "damaged")]
    [InlineData("truncated.jpg", ImageFormatError.Damaged, "cut off")]
    [InlineData("truncated.png", ImageFormatError.Damaged, "cut off")]
    [InlineData("zero_bytes.jpg", ImageFormatError.NotImage, "empty")]
    [InlineData("text_named.jpg", ImageFormatError.NotImage, "7468697320697320")]
    [InlineData("rgb.bmp", ImageFormatError.Unsupported, "PNG")]
    public void Broken_files_are_named_with_what_is_wrong(string name, ImageFormatError error, string part)
    {
        string path = Edge(name);
        var thrown = Assert.Throws<ImageFormatException>(() => ImageFile.Load(path));
        Assert.Equal(error, thrown.Error);
        Assert.Contains(path, thrown.Message);
        Assert.Contains(part, thrown.Message);
    }

    [Fact]
    public void Each_of_the_eight_orientations_is_undone()
    {
        RequireVips();
        byte[] file = ImageFile.ToJpeg(ImageResizerTests.Pattern(16, 48), 95);
        var plain = ImageFile.Decode(file);
        for (int orientation = 1; orientation <= 8; orientation++)
        {
            var upright = ImageFile.Decode(WithOrientation(file, orientation));
            Assert.Equal(orientation >= 5 ? (48, 16) : (16, 48), (upright.Height, upright.Width));
            // By the words of the EXIF standard: where row 0 and column 0 of the file are to be seen.
            for (int row = 0; row < 16; row++)
                for (int column = 0; column < 48; column++)
                {
                    int fromBottom = 15 - row, fromRight = 47 - column;
                    var (y, x) = orientation switch
                    {
                        1 => (row, column), 2 => (row, fromRight), 3 => (fromBottom, fromRight), 4 => (fromBottom, column), 5 => (column, row), 6 => (column, fromBottom), 7 => (fromRight, fromBottom), _ => (fromRight, row),
                    };
                    Assert.Equal(plain.Row(row).Slice(column * 3, 3), upright.Row(y).Slice(x * 3, 3));
                }
        }
    }

    [Fact]
    public void Limits_hold_before_anything_is_decoded()
    {
        string path = Edge("rgb8.png");
        Assert.Contains("9215", Limit(() => ImageFile.Load(path, new ImageLimits { MaxPixels = 96 * 96 - 1 })));
        Assert.Equal(96, ImageFile.Load(path, new ImageLimits { MaxPixels = 96 * 96 }).Height);
        long bytes = new FileInfo(path).Length;
        Assert.Contains($"{bytes} bytes", Limit(() => ImageFile.Load(path, new ImageLimits { MaxFileBytes = bytes - 1 })));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageFile.Load(path, new ImageLimits { MaxPixels = 0 }));

        // A header that announces 40,000 x 40,000 pixels, and nothing behind it: 4.8 GB if it were believed.
        byte[] bomb = [.. File.ReadAllBytes(path)];
        (bomb[18], bomb[19], bomb[22], bomb[23]) = (0x9C, 0x40, 0x9C, 0x40);
        SetCrc(bomb);
        Assert.Contains("40000 x 40000", Limit(() => ImageFile.Decode(bomb)));

        // One row of 70,000 pixels: few, but resizing along the other side would make gigabytes of such.
        (bomb[17], bomb[18], bomb[19], bomb[22], bomb[23]) = (1, 0x11, 0x70, 0, 1);
        SetCrc(bomb);
        Assert.Contains("70000 x 1", Limit(() => ImageFile.Decode(bomb)));
        Assert.Equal(ImageFormatError.Damaged, Assert.Throws<ImageFormatException>(() => ImageFile.Decode(bomb, new ImageLimits { MaxSide = 70_000 })).Error);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageFile.Load(path, new ImageLimits { MaxSide = 0 }));

        // 30,000 x 30,000 grey pixels are 0.9 GB in the file and would be 2.7 GB as colours, more than an array can have.
        byte[] grey = File.ReadAllBytes(Edge("gray8.png"));
        (grey[18], grey[19], grey[22], grey[23]) = (0x75, 0x30, 0x75, 0x30);
        SetCrc(grey);
        Assert.Contains("2700000000 bytes", Limit(() => ImageFile.Decode(grey, new ImageLimits { MaxPixels = long.MaxValue })));

        static string Limit(Func<object> read)
        {
            var error = Assert.Throws<ImageFormatException>(() => read());
            Assert.Equal(ImageFormatError.LimitExceeded, error.Error);
            return error.Message;
        }
    }

    [Fact]
    public void Only_known_formats_reach_libvips()
    {
        RequireVips();
        foreach (string text in (string[])["<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "%PDF-1.7", "P6 1 1 255 abc", "#?RADIANCE\n", "vips"])
            Assert.Equal(ImageFormatError.NotImage, Assert.Throws<ImageFormatException>(() => ImageFile.Decode(System.Text.Encoding.UTF8.GetBytes(text))).Error);
        Assert.Equal([ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.Gif, ImageFormat.WebP, ImageFormat.Tiff], ImageFile.Formats);
    }

    [Fact]
    public void Many_threads_read_and_each_hears_of_its_own_errors()
    {
        string good = Edge("baseline.jpg"), bad = Edge("truncated.jpg"), worse = Edge("bad_crc.png");
        string hash = ImageResizerTests.Hash(ImageFile.Load(good));
        Parallel.For(0, 200, i =>
        {
            if (i % 3 == 0) Assert.Equal(hash, ImageResizerTests.Hash(ImageFile.Load(good)));
            else if (i % 3 == 1) Assert.Contains("premature end", Assert.Throws<ImageFormatException>(() => ImageFile.Load(bad)).Message);
            else Assert.DoesNotContain("premature", Assert.Throws<ImageFormatException>(() => ImageFile.Load(worse)).Message);
        });
    }

    [Fact]
    public void A_jpeg_that_was_written_can_be_read_back()
    {
        RequireVips();
        byte[] pixels = [.. Enumerable.Range(0, 40 * 30).SelectMany(i => new byte[] { (byte)(i % 30 * 8), (byte)(i / 30 * 6), 128 })];
        var back = ImageFile.Decode(ImageFile.ToJpeg(new ImageTensor(pixels, 40, 30), 95));
        Assert.Equal((40, 30), (back.Height, back.Width));
        Assert.All(back.Pixels.Zip(pixels, (a, b) => Math.Abs(a - b)), difference => Assert.InRange(difference, 0, 12));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageFile.ToJpeg(back, 101));
        // JPEG files have at most 65,535 pixels a side.
        Assert.Contains("1 x 70000", Assert.Throws<ImageFormatException>(() => ImageFile.ToJpeg(new ImageTensor(new byte[3 * 70_000], 1, 70_000))).Message);
    }

    [Fact]
    public void A_missing_library_is_named_with_the_command_that_brings_it()
    {
        var (library, failure) = VipsLibrary.Load(null, [Path.GetTempPath()], system: false);
        Assert.Null(library);
        Assert.Contains("npm ci --ignore-scripts", failure);
        Assert.Contains("/nowhere/libvips.so", VipsLibrary.Load("/nowhere/libvips.so", []).Failure);
        // A library that is another one is not taken, and said to be another.
        string other = Path.Combine(Directory.CreateTempSubdirectory().FullName, "libvips.so.42");
        File.WriteAllText(other, "no library");
        Assert.Contains(other, VipsLibrary.Load(other, []).Failure);
        Directory.Delete(Path.GetDirectoryName(other)!, recursive: true);
    }

    [Fact]
    public void Missing_files_are_the_usual_error() => Assert.Throws<FileNotFoundException>(() => ImageFile.Load(Path.Combine(Path.GetTempPath(), "no such image.png")));

    [Fact]
    public void A_pipe_is_no_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pipes have paths on Linux only");
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        var error = Assert.Throws<ImageFormatException>(() => ImageFile.Load($"/proc/self/fd/{pipe.GetClientHandleAsString()}"));
        Assert.Equal(ImageFormatError.NotImage, error.Error);
        Assert.Contains("pipe", error.Message);
    }

    [Fact]
    public void Reading_again_and_again_takes_no_more_memory()
    {
        string[] paths = [.. new[] { "baseline.jpg", "rgba8.png", "palette.gif", "rgb.webp", "rgb.tif", "truncated.jpg", "bad_crc.png" }.Select(Edge)];
        Read(2000);
        long before = Environment.WorkingSet;
        Read(8000); // images of 96 x 96 pixels: 27 kB each, 220 MB if they stayed
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 64L << 20);

        void Read(int times)
        {
            Parallel.For(0, times, i =>
            {
                try { _ = ImageFile.Load(paths[i % paths.Length]); }
                catch (ImageFormatException e) when (e.Error == ImageFormatError.Damaged) { }
            });
            GC.Collect();
        }
    }

    /// <summary>A JPEG file with an EXIF block in front that says nothing but its orientation.</summary>
    private static byte[] WithOrientation(byte[] jpeg, int orientation)
    {
        byte[] exif = [(byte)'E', (byte)'x', (byte)'i', (byte)'f', 0, 0, (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }

    /// <summary>Makes the checksum of a PNG's header right again.</summary>
    private static void SetCrc(byte[] png)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in png.AsSpan(12, 17))
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), ~crc);
    }
}
