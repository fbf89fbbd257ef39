namespace SimSearch.Faiss;

/// <summary>The base of every error that FAISS, its files or its installation cause. Wrong arguments from code are <see cref="ArgumentException"/> instead.</summary>
public class FaissException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">Value, rule and way out.</param>
    /// <param name="inner">What caused it, if anything did.</param>
    public FaissException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>The native library (or the FAISS it was built over) is absent or does not fit; the message names the command that mends it.</summary>
public sealed class FaissNotInstalledException : FaissException
{
    /// <inheritdoc cref="FaissException(string, Exception)"/>
    public FaissNotInstalledException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>A factory string that FAISS would misread, refuse or crash on; the message says what to write instead.</summary>
public sealed class FaissFactoryException : FaissException
{
    /// <inheritdoc cref="FaissException(string, Exception)"/>
    public FaissFactoryException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>An index file that is missing, damaged, not what its checksum says, or not an index.</summary>
public sealed class FaissIndexFileException : FaissException
{
    /// <inheritdoc cref="FaissException(string, Exception)"/>
    public FaissIndexFileException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>Vectors were added to or searched in an index that must be trained first.</summary>
public sealed class FaissNotTrainedException : FaissException
{
    /// <inheritdoc cref="FaissException(string, Exception)"/>
    public FaissNotTrainedException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>This kind of index cannot do what was asked, whatever the data; the message names a kind that can.</summary>
public sealed class FaissNotSupportedException : FaissException
{
    /// <inheritdoc cref="FaissException(string, Exception)"/>
    public FaissNotSupportedException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>Vectors that FAISS would answer nonsense for: not a number, infinite, or too few to train on.</summary>
public sealed class FaissVectorException : FaissException
{
    /// <inheritdoc cref="FaissException(string, Exception)"/>
    public FaissVectorException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>A search parameter that the index does not have, or a value outside its range.</summary>
public sealed class FaissParameterException : FaissException
{
    /// <inheritdoc cref="FaissException(string, Exception)"/>
    public FaissParameterException(string message, Exception? inner = null) : base(message, inner) { }
}
