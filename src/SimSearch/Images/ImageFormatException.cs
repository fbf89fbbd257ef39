namespace SimSearch.Images;

/// <summary>Why an image file could not be read.</summary>
public enum ImageFormatError
{
    /// <summary>The bytes are not those of an image format this library knows (also: empty files, text, sounds).</summary>
    NotImage,

    /// <summary>An image, but of a format or pixel layout that cannot be read here.</summary>
    Unsupported,

    /// <summary>The file contradicts itself, was cut off, or its data cannot be decoded.</summary>
    Damaged,

    /// <summary>The file goes beyond a limit of <see cref="ImageLimits"/>.</summary>
    LimitExceeded,

    /// <summary>Images are read by libvips, which is not installed.</summary>
    LibraryMissing,
}

/// <summary>An image file that cannot be read. The message names the file, what is wrong with it, and what can be done.</summary>
public sealed class ImageFormatException : SimSearchException
{
    /// <summary>Makes the error.</summary>
    /// <param name="error">The kind of failure, for programs.</param>
    /// <param name="message">Value, rule and way out, for people.</param>
    /// <param name="inner">What caused it, if anything did.</param>
    public ImageFormatException(ImageFormatError error, string message, Exception? inner = null) : base(message, inner) => Error = error;

    /// <summary>The kind of failure.</summary>
    public ImageFormatError Error { get; }
}
