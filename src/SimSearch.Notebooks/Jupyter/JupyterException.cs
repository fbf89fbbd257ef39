namespace SimSearch.Notebooks;

/// <summary>
/// Something outside the program is not as Jupyter's protocol or its folders want it: a connection file, a port, a kernelspec. The message
/// names the value, the rule and the way out.
/// </summary>
public sealed class JupyterException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">Value, rule and way out.</param>
    /// <param name="inner">What caused it, if anything did.</param>
    public JupyterException(string message, Exception? inner = null) : base(message, inner) { }
}
