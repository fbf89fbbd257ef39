using System.Runtime.InteropServices;

namespace SimSearch.Images;

/// <summary>Pixels as libvips gives them: [height x width x bands], 8 or 16 bit, and what they mean.</summary>
internal sealed record RawPixels(byte[] Data, int Width, int Height, int Bands, bool IsWide, bool IsCmyk, int Orientation);

/// <summary>Reads image files into raw pixels, and writes JPEG, through libvips' operations. Thread-safe.</summary>
internal static unsafe class VipsCodec
{
    private const int UChar = 0, UShort = 2;

    // VipsInterpretation: what can be turned into red, green and blue by rule.
    private const int MultiBand = 0, BlackWhite = 1, Cmyk = 15, Rgb = 17, Srgb = 22, Rgb16 = 25, Grey16 = 26;

    /// <summary>libvips collects the messages of all threads in one text: who fails asks again alone, to learn its own.</summary>
    private static readonly ReaderWriterLockSlim Messages = new();

    /// <summary>Decodes a file.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="format">What they are.</param>
    /// <param name="limits">Looked at between header and data.</param>
    /// <exception cref="ImageFormatException">It cannot be decoded.</exception>
    public static RawPixels Decode(byte[] file, ImageFormat format, ImageLimits limits)
    {
        var vips = VipsLibrary.Loaded;
        string operation = ImageFormats.Loader(format)!;
        if (!vips.Has(operation)) throw new ImageFormatException(ImageFormatError.Unsupported, $"this build of libvips ({vips.Version}, {vips.Path}) reads no {format}; convert the file to PNG or JPEG");
        Messages.EnterReadLock();
        try
        {
            if (Try(vips, operation, file, limits) is { } decoded) return decoded;
        }
        finally { Messages.ExitReadLock(); }
        Messages.EnterWriteLock();
        try
        {
            vips.ErrorClear();
            if (Try(vips, operation, file, limits) is { } decoded) return decoded;
            throw new ImageFormatException(ImageFormatError.Damaged, $"is a {format} file that is damaged or was cut off ({Message(vips)}); repair it or leave it out");
        }
        finally { Messages.ExitWriteLock(); }
    }

    private static RawPixels? Try(VipsLibrary vips, string operation, byte[] file, ImageLimits limits)
    {
        fixed (byte* data = file)
        {
            GValue blob = default;
            vips.ValueInit(&blob, vips.BlobType);
            vips.ValueSetBlob(&blob, 0, data, (nuint)file.Length);
            nint built = Build(vips, operation, "buffer", &blob, "access=sequential,fail_on=error");
            if (built == 0) return null;
            GValue image = default;
            vips.ValueInit(&image, vips.ImageType);
            try
            {
                Get(vips, built, "out", &image);
                return Read(vips, vips.ValueGetObject(&image), limits);
            }
            finally
            {
                vips.ValueUnset(&image);
                vips.UnrefOutputs(built);
                vips.Unref(built);
            }
        }
    }

    private static RawPixels? Read(VipsLibrary vips, nint image, ImageLimits limits)
    {
        int width = vips.Width(image), height = vips.Height(image), bands = vips.Bands(image), format = vips.BandFormat(image), meaning = vips.Interpretation(image);
        if ((long)width * height > limits.MaxPixels)
            throw new ImageFormatException(ImageFormatError.LimitExceeded, $"has {width} x {height} pixels, more than the {limits.MaxPixels} allowed; make it smaller, or raise ImageLimits.MaxPixels");
        if (Math.Max(width, height) > limits.MaxSide)
            throw new ImageFormatException(ImageFormatError.LimitExceeded, $"has {width} x {height} pixels, a side longer than the {limits.MaxSide} allowed; cut it to pieces, or raise ImageLimits.MaxSide");
        if (format is not (UChar or UShort) || bands is < 1 or > 5 || meaning is not (MultiBand or BlackWhite or Cmyk or Rgb or Srgb or Rgb16 or Grey16))
            throw new ImageFormatException(ImageFormatError.Unsupported, $"has {bands} bands of a kind (format {format}, interpretation {meaning}) that is not turned into red, green and blue; convert it to an 8-bit RGB image");
        bool isWide = format == UShort;
        long bytes = (long)width * height * bands * (isWide ? 2 : 1);
        long largest = Math.Max(bytes, (long)width * height * ImageTensor.Channels); // grey is repeated
        if (largest > Array.MaxLength) throw new ImageFormatException(ImageFormatError.LimitExceeded, $"decodes to {largest} bytes; at most {Array.MaxLength} are possible");
        nuint length;
        void* memory = vips.WriteToMemory(image, &length);
        if (memory == null) return null;
        try
        {
            if ((long)length != bytes) throw new ImageFormatException(ImageFormatError.Damaged, $"decodes to {length} bytes where {bytes} are announced");
            var data = GC.AllocateUninitializedArray<byte>((int)bytes);
            new ReadOnlySpan<byte>(memory, data.Length).CopyTo(data);
            return new RawPixels(data, width, height, bands, isWide, meaning == Cmyk, vips.Orientation(image));
        }
        finally { vips.Free(memory); }
    }

    /// <summary>Writes a JPEG file.</summary>
    /// <param name="image">The image.</param>
    /// <param name="quality">1 to 100.</param>
    public static byte[] EncodeJpeg(ImageTensor image, int quality)
    {
        var vips = VipsLibrary.Loaded;
        nint memory;
        fixed (byte* data = image.Pixels) memory = vips.NewFromMemoryCopy(data, (nuint)image.Pixels.Length, image.Width, image.Height, ImageTensor.Channels, UChar);
        if (memory == 0) throw new ImageFormatException(ImageFormatError.Unsupported, $"libvips refuses an image of {image}: {Message(vips)}");
        GValue source = default;
        vips.ValueInit(&source, vips.ImageType);
        vips.ValueSetObject(&source, memory);
        vips.Unref(memory);
        // Bytes from memory mean nothing to libvips until they are called sRGB.
        nint copy = Build(vips, "copy", "in", &source, "interpretation=srgb"), save = 0;
        if (copy != 0)
        {
            GValue named = default;
            vips.ValueInit(&named, vips.ImageType);
            Get(vips, copy, "out", &named);
            save = Build(vips, "jpegsave_buffer", "in", &named, $"Q={quality}");
            vips.UnrefOutputs(copy);
            vips.Unref(copy);
        }
        if (save == 0) throw new ImageFormatException(ImageFormatError.Unsupported, $"libvips cannot write {image} as JPEG: {Message(vips)}");
        GValue blob = default;
        vips.ValueInit(&blob, vips.BlobType);
        Get(vips, save, "buffer", &blob);
        nuint length;
        void* bytes = vips.BlobGet(vips.ValueGetBoxed(&blob), &length);
        byte[] file = new ReadOnlySpan<byte>(bytes, (int)length).ToArray();
        vips.ValueUnset(&blob);
        vips.UnrefOutputs(save);
        vips.Unref(save);
        return file;
    }

    /// <summary>Runs an operation with one argument and options; 0 when it fails. The argument is given back.</summary>
    private static nint Build(VipsLibrary vips, string name, string argument, GValue* value, string options)
    {
        nint operation;
        fixed (byte* text = Utf8(name)) operation = vips.OperationNew(text);
        if (operation == 0)
        {
            vips.ValueUnset(value);
            return 0;
        }
        fixed (byte* text = Utf8(argument)) vips.SetProperty(operation, text, value);
        vips.ValueUnset(value);
        nint built = 0;
        fixed (byte* text = Utf8(options)) if (vips.SetFromString(operation, text) == 0) built = vips.OperationBuild(operation);
        if (built == 0) vips.UnrefOutputs(operation);
        vips.Unref(operation);
        return built;
    }

    private static void Get(VipsLibrary vips, nint operation, string name, GValue* value)
    {
        fixed (byte* text = Utf8(name)) vips.GetProperty(operation, text, value);
    }

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text + '\0');

    /// <summary>What libvips has to say, in one line, and then forgets.</summary>
    private static string Message(VipsLibrary vips)
    {
        nint copy = vips.ErrorCopy();
        string text = Marshal.PtrToStringUTF8(copy) ?? "";
        vips.Free((void*)copy);
        text = string.Join("; ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct());
        return text.Length switch { 0 => "no reason given", > 300 => text[..300] + "…", _ => text };
    }
}
