namespace SimSearch;

/// <summary>
/// The base of every error that data from outside can cause (a broken file, a mismatched index, a missing column). Its message is
/// written for the person at the keyboard: it names the value, the rule and the way out. Wrong arguments from code are
/// <see cref="ArgumentException"/> instead.
/// </summary>
public class SimSearchException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">Value, rule and way out, in one or two sentences.</param>
    /// <param name="inner">What caused it, if anything did.</param>
    public SimSearchException(string message, Exception? inner = null) : base(message, inner) { }
}
