using System.Diagnostics;
using SimSearch.Images;
using SimSearch.Tests.Support;

namespace SimSearch.Tests.Images;

/// <summary>Damaged files in their hundreds: each is an image or a clear error, soon, and never the end of the process.</summary>
public sealed class ImageFuzzTests
{
    private static readonly ImageLimits Small = new() { MaxPixels = 1 << 20 };

    [Theory]
    [InlineData("baseline.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("cmyk.jpg")]
    [InlineData("exif_orientation6.jpg")]
    [InlineData("rgb8.png")]
    [InlineData("palette.png")]
    [InlineData("gray16.png")]
    [InlineData("palette.gif")]
    [InlineData("rgb.webp")]
    [InlineData("rgb.tif")]
    public void A_damaged_file_is_an_image_or_a_clear_error(string name)
    {
        ImageFileTests.RequireVips();
        byte[] whole = File.ReadAllBytes(SharedData.Data(Path.Combine("images", "edge", name)));
        var random = new Random(name.Length * 1000 + name[0]);
        var clock = Stopwatch.StartNew();
        int refused = 0;
        for (int round = 0; round < 300; round++)
        {
            byte[] file = [.. whole];
            if (round % 3 == 0) file = file[..random.Next(file.Length)];
            else
                for (int flips = round % 3 == 1 ? 1 : random.Next(2, 40); flips > 0; flips--)
                    // Headers decide the most, and are hit as often as everything else.
                    file[random.Next(random.Next(2) == 0 ? Math.Min(64, file.Length) : file.Length)] = (byte)random.Next(256);
            try
            {
                var image = ImageFile.Decode(file, Small);
                Assert.InRange((long)image.Height * image.Width, 1, Small.MaxPixels);
            }
            catch (ImageFormatException error)
            {
                refused++;
                Assert.InRange(error.Message.Length, 10, 600);
            }
        }
        Assert.InRange(refused, 50, 300);
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"300 small files took {clock.Elapsed}");
    }
}
