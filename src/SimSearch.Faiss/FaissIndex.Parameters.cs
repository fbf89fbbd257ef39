using System.Globalization;
using System.Runtime.InteropServices;
using static SimSearch.Faiss.NativeMethods;

namespace SimSearch.Faiss;

/// <summary>A search setting of an index.</summary>
/// <param name="Name">FAISS's own name: nprobe, efSearch, ...</param>
/// <param name="Value">Its present value.</param>
/// <param name="Minimum">The smallest value allowed.</param>
/// <param name="Maximum">The largest value allowed.</param>
public sealed record FaissParameter(string Name, double Value, double Minimum, double Maximum);

public sealed unsafe partial class FaissIndex
{
    /// <summary>The settings this index has; empty for Flat.</summary>
    /// <remarks>
    /// <c>nprobe</c>: inverted lists visited a query, of nlist. <c>max_codes</c>: stop after so many codes, 0 for no limit. <c>efSearch</c>:
    /// candidates an HNSW search keeps (raise it above k). <c>efConstruction</c>: the same while building. <c>quantizer_efSearch</c>: for
    /// IVF&lt;n&gt;_HNSW&lt;M&gt;. <c>k_factor_rf</c>, <c>k_factor</c>: how many times k candidates are refined. <c>ht</c>: Hamming threshold of polysemous codes.
    /// </remarks>
    public IReadOnlyList<FaissParameter> Parameters => Read(static h => ParametersOf(h));

    /// <summary>Changes one setting.</summary>
    /// <param name="name">One of <see cref="Parameters"/>.</param>
    /// <param name="value">Within that parameter's range; whole numbers where FAISS counts (all but the k factors).</param>
    /// <exception cref="FaissParameterException">The index has no such setting (the message lists those it has), or the value is out of range.</exception>
    public void SetParameter(string name, double value)
    {
        ArgumentNullException.ThrowIfNull(name);
        Write(h =>
        {
            List<FaissParameter> known = ParametersOf(h);
            int at = known.FindIndex(p => p.Name == name);
            if (at < 0)
            {
                string has = known.Count == 0 ? "it has none" : $"it has {string.Join(", ", known.Select(p => p.Name))}";
                throw new FaissParameterException($"parameter '{name}' is not one of {Kind}: {has}");
            }
            FaissParameter parameter = known[at];
            if (!(value >= parameter.Minimum && value <= parameter.Maximum))
                throw new FaissParameterException(string.Create(CultureInfo.InvariantCulture, $"{name}={value} must be in {parameter.Minimum} to {parameter.Maximum}"));
            if (!name.StartsWith("k_factor", StringComparison.Ordinal) && value != Math.Floor(value))
                throw new FaissParameterException(string.Create(CultureInfo.InvariantCulture, $"{name}={value} must be a whole number"));
            ThrowOn(ssf_set_parameter(h, at, value), $"setting {name}");
            return 0;
        });
    }

    private static List<FaissParameter> ParametersOf(nint handle)
    {
        List<FaissParameter> found = [];
        while (ssf_parameter(handle, found.Count, out byte* name, out double value, out double low, out double high) != 0)
            found.Add(new FaissParameter(Marshal.PtrToStringUTF8((nint)name)!, value, low, high));
        return found;
    }
}
