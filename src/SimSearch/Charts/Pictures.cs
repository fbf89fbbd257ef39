using SimSearch.Images;

namespace SimSearch.Charts;

/// <summary>Images as a page shows them: small JPEG files inside the page.</summary>
internal static class Pictures
{
    private static readonly int[] Sides = [320, 240, 160, 128, 96, 64, 48, 32, 16];

    /// <summary>An image whose longer side is at most so long, and which takes at most so much room; nothing when even the smallest takes more.</summary>
    /// <param name="image">The image.</param>
    /// <param name="side">Longest side, in pixels; smaller images stay as they are.</param>
    /// <param name="bytes">Most bytes of base64.</param>
    /// <param name="description">What it shows, for those who do not see it.</param>
    /// <exception cref="ImageFormatException">libvips is not installed.</exception>
    public static Html Small(ImageTensor image, int side, long bytes, string description)
    {
        foreach (int longest in Sides.Where(s => s < side).Prepend(side))
        {
            var small = Fit(image, longest);
            string file = Convert.ToBase64String(ImageFile.ToJpeg(small));
            if (file.Length <= bytes) return Html.Of($"<img class=\"ss-picture\" alt=\"{description}\" width=\"{small.Width}\" height=\"{small.Height}\" src=\"data:image/jpeg;base64,{Html.Trusted(file)}\">");
        }
        return Html.Empty;
    }

    private static ImageTensor Fit(ImageTensor image, int longest)
    {
        double scale = Math.Min(1, (double)longest / Math.Max(image.Height, image.Width));
        return ImageResizer.Resize(image, Math.Max(1, (int)Math.Round(image.Height * scale)), Math.Max(1, (int)Math.Round(image.Width * scale)), ResizeFilter.Bicubic);
    }
}
