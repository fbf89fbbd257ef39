namespace SimSearch.Indexing;

/// <summary>An index on disk is damaged, incomplete, of a newer version, or no index at all.</summary>
public sealed class IndexFormatException : SimSearchException
{
    /// <summary>Makes the error; see <see cref="SimSearchException"/> on messages.</summary>
    public IndexFormatException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>Vectors of two different embedders were about to be compared.</summary>
public sealed class EmbedderMismatchException : SimSearchException
{
    /// <summary>Makes the error; see <see cref="SimSearchException"/> on messages.</summary>
    public EmbedderMismatchException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>Vectors do not fit: another dimension, or values that are not finite.</summary>
public sealed class VectorException : SimSearchException
{
    /// <summary>Makes the error; see <see cref="SimSearchException"/> on messages.</summary>
    public VectorException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>An id is not in the index, or is there already.</summary>
public sealed class ItemIdException : SimSearchException
{
    /// <summary>Makes the error; see <see cref="SimSearchException"/> on messages.</summary>
    public ItemIdException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>FAISS cannot do what was asked of this kind of index, or the factory string or a parameter is wrong.</summary>
public sealed class IndexEngineException : SimSearchException
{
    /// <summary>Makes the error; see <see cref="SimSearchException"/> on messages.</summary>
    public IndexEngineException(string message, Exception? inner = null) : base(message, inner) { }
}
