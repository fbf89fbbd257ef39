namespace SimSearch.Images;

/// <summary>CIE 1976 L*a*b* of sRGB colours, in which equal distances look about equally different.</summary>
public static class LabColour
{
    // Linear light of the 256 levels, IEC 61966-2-1.
    private static readonly float[] Linear = [.. Enumerable.Range(0, 256).Select(v => v / 255.0).Select(v => (float)(v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4)))];

    /// <summary>Lightness (0 to 100) and the two colour axes (green to red, blue to yellow; within about -110 to 110) of one colour, for the white point D65.</summary>
    /// <param name="red">0 to 255.</param>
    /// <param name="green">0 to 255.</param>
    /// <param name="blue">0 to 255.</param>
    /// <remarks>White is (100, 0, 0) within 0.02. Reference: CIE 15:2004, with the matrix of IEC 61966-2-1.</remarks>
    public static (float L, float A, float B) Of(byte red, byte green, byte blue)
    {
        float r = Linear[red], g = Linear[green], b = Linear[blue];
        float x = F((0.4124564f * r + 0.3575761f * g + 0.1804375f * b) / 0.95047f), y = F(0.2126729f * r + 0.7151522f * g + 0.0721750f * b), z = F((0.0193339f * r + 0.1191920f * g + 0.9503041f * b) / 1.08883f);
        return (116 * y - 16, 500 * (x - y), 200 * (y - z));
    }

    private static float F(float t) => t > 216f / 24389 ? MathF.Cbrt(t) : (24389f / 27 * t + 16) / 116;
}
