using System.Globalization;
using System.Text.RegularExpressions;

namespace SimSearch.Faiss;

/// <summary>
/// FAISS's factory strings, checked before FAISS sees them: it accepts strings such as <c>IVF0,Flat</c> or <c>PQ8x99</c> and then crashes
/// or asks for more memory than there is.
/// </summary>
/// <remarks>
/// On offer, outermost first: <c>IDMap,</c> or <c>IDMap2,</c>; transforms <c>PCA64,</c> <c>PCAR64,</c> <c>PCAW64,</c> <c>PCAWR64,</c> <c>OPQ16,</c> <c>OPQ16_64,</c>
/// <c>RR64,</c> <c>ITQ64,</c> <c>Pad128,</c> <c>L2norm,</c>; then one of <c>Flat</c>, <c>SQ4 SQ6 SQ8 SQfp16</c>, <c>PQ16np PQ16x6np PQ16x4fs</c>, <c>LSH LSHr LSHrt</c>,
/// <c>HNSW32 HNSW32_SQ8 HNSW32_PQ16</c>, or inverted lists <c>IVF256</c> (with an HNSW to find them: <c>IVF4096_HNSW32</c>; or <c>IMI2x8</c>) followed by
/// <c>,Flat</c>, <c>,SQ...</c> or <c>,PQ...</c>; and at the end <c>,RFlat</c> or <c>,Refine(SQ8)</c>. NSG and additive quantizers are not offered.
/// Inverted lists keep the caller's ids themselves, so <c>IDMap</c> is refused around them unless a refinement, which cannot, is in between.
/// </remarks>
public static partial class FactoryString
{
    /// <summary>The largest dimension accepted.</summary>
    public const int LargestDimension = 65536;

    private const int LargestListCount = 1 << 24, LargestGraphDegree = 512, LargestCodeBits = 12, PolysemousBits = 8;

    /// <summary>Checks a factory string against the dimension and metric it is to be used with.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is not in 1 to <see cref="LargestDimension"/>, or the metric is neither of the two.</exception>
    /// <exception cref="FaissFactoryException">The string is not one of those on offer, or does not fit; the message says what would.</exception>
    public static void Validate(string factory, int dimension, FaissMetric metric)
    {
        ArgumentNullException.ThrowIfNull(factory);
        if (dimension is < 1 or > LargestDimension) throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"dimension={dimension} must be in 1 to {LargestDimension}");
        if (!Enum.IsDefined(metric)) throw new ArgumentOutOfRangeException(nameof(metric), metric, $"metric={(int)metric} must be L2 or InnerProduct");
        if (factory.Length is 0 or > 200) throw Wrong(factory.Length > 40 ? factory[..40] + "..." : factory, "is empty or longer than 200 characters; write for example Flat or IVF256,PQ16np");

        var check = new Checker(factory, dimension, metric);
        check.Run();
    }

    private static FaissFactoryException Wrong(string factory, string why) => new($"factory '{factory}' {why}");

    /// <summary>Walks the components from left to right; the dimension changes behind a transform.</summary>
    private sealed class Checker(string factory, int original, FaissMetric metric)
    {
        private readonly List<string> parts = Split(factory);
        private int d;

        internal void Run()
        {
            d = original;
            int at = 0;
            if (parts[at] is "IDMap" or "IDMap2")
            {
                if (parts.Count == 1) throw Fail("ends before it says how vectors are stored; write for example IDMap,Flat");
                string? lists = parts.Find(part => part.StartsWith("IVF", StringComparison.Ordinal) || part.StartsWith("IMI", StringComparison.Ordinal));
                Require(lists is null || parts[^1].StartsWith('R'), $"puts {parts[at]} around inverted lists, which keep ids themselves; write {factory[(parts[at].Length + 1)..]}");
                at++;
            }
            while (at < parts.Count && Transform(parts[at])) at++;
            if (at == parts.Count) throw Fail("ends before it says how vectors are stored; add ',Flat', ',SQ8' or ',PQ<M>np'");
            if (Lists(parts[at]))
            {
                at++;
                if (at == parts.Count) throw Fail("names inverted lists without a code; add ',Flat', ',SQ8' or ',PQ<M>np'");
                Code(parts[at], inLists: true);
            }
            else
            {
                if (parts[at].StartsWith("HNSW", StringComparison.Ordinal)) Graph(parts, ref at);
                else Code(parts[at], inLists: false);
            }
            at++;
            if (at < parts.Count && Refinement(parts[at])) at++;
            if (at < parts.Count) throw Fail($"has '{parts[at]}' where it should end; see FactoryString for what can follow what");
        }

        private FaissFactoryException Fail(string why) => Wrong(factory, why);

        private bool Transform(string part)
        {
            if (part is "L2norm" or "L2Norm") return true;
            Match match = TransformPattern().Match(part);
            if (!match.Success) return false;
            string kind = match.Groups["kind"].Value;
            Require(match.Groups["a"].Success || kind is "RR" or "ITQ", $"has {part} without a number; write for example {kind}{(kind == "OPQ" ? 8 : kind == "Pad" ? d : Math.Max(1, d / 2))}");
            int first = match.Groups["a"].Success ? Number(part, match.Groups["a"].Value) : d;
            if (kind == "OPQ")
            {
                int output = match.Groups["b"].Success ? Number(part, match.Groups["b"].Value) : d;
                Require(first >= 1 && output >= first && output <= d && output % first == 0,
                    $"asks with {part} for {output} output dimensions in {first} parts; the output must be at most {d} and a multiple of the parts");
                d = output;
                return true;
            }
            if (match.Groups["b"].Success) return false;
            if (kind == "Pad") Require(first >= d && first <= LargestDimension, $"pads with {part} to fewer than the {d} dimensions there are; write Pad<n> with n of at least {d}");
            else Require(first >= 1 && first <= d, $"asks with {part} for {first} of {d} dimensions; the number must be in 1 to {d}");
            d = first;
            return true;
        }

        private bool Lists(string part)
        {
            Match imi = MultiIndexPattern().Match(part);
            if (imi.Success)
            {
                int bits = Number(part, imi.Groups[1].Value);
                Require(d % 2 == 0 && bits is >= 1 and <= 10, $"has {part}; IMI2x<bits> needs an even dimension (here {d}) and 1 to 10 bits (4 to 1,048,576 lists)");
                Require(metric == FaissMetric.L2, $"has {part}, which FAISS offers for L2 only; use IVF<n> for inner products");
                return true;
            }
            Match match = ListsPattern().Match(part);
            if (!match.Success) return false;
            long lists = Number(part, match.Groups[1].Value) * (match.Groups[2].Value switch { "k" => 1024L, "M" => 1024L * 1024, _ => 1L });
            Require(lists is >= 1 and <= LargestListCount, $"asks for {lists} inverted lists; the number must be in 1 to {LargestListCount}, and about 4 to 16 times the square root of the number of vectors is good");
            if (match.Groups["degree"].Success) Degree(part, match.Groups["degree"].Value);
            return true;
        }

        private void Graph(List<string> all, ref int at)
        {
            Match match = GraphPattern().Match(all[at]);
            Require(match.Success, $"has '{all[at]}'; write HNSW<M>, HNSW<M>_SQ8 or HNSW<M>_PQ<m>, with M neighbours a node, for example HNSW32");
            if (match.Groups["degree"].Length > 0) Degree(all[at], match.Groups["degree"].Value);
            if (match.Groups["pq"].Success) CheckProduct(all[at], Number(all[at], match.Groups["pq"].Value), 8);
            if (at + 1 < all.Count && all[at + 1] == "Flat" && !match.Groups["store"].Success) at++;
        }

        private void Degree(string part, string digits)
        {
            int degree = Number(part, digits);
            Require(degree is >= 2 and <= LargestGraphDegree, $"has {part} with {degree} neighbours a node; the number must be in 2 to {LargestGraphDegree}, 16 to 64 is usual");
        }

        private void Code(string part, bool inLists)
        {
            if (part == "Flat") return;
            if (ScalarPattern().IsMatch(part)) return;
            Match fast = FastScanPattern().Match(part);
            if (fast.Success)
            {
                CheckProduct(part, Number(part, fast.Groups[1].Value), 4);
                Require(inLists || fast.Groups[2].Length == 0, $"has {part}; the r of residual codes needs inverted lists: write IVF<n>,{part}");
                Require(!fast.Groups[3].Success, $"has {part}; blocks of other than 32 vectors make FAISS end the process: leave the underscore and the number away");
                return;
            }
            Require(!RefinedProductPattern().IsMatch(part), $"has {part}, which ends the process when loaded from a file; write PQ<M>np and ',RFlat' or ',Refine(SQ8)' at the end");
            Match product = ProductPattern().Match(part);
            if (product.Success)
            {
                int count = Number(part, product.Groups[1].Value), bits = product.Groups[2].Success ? Number(part, product.Groups[2].Value) : 8;
                CheckProduct(part, count, bits);
                Require(product.Groups[3].Success || bits <= PolysemousBits, $"has {part}: polysemous codes of {bits} bits take years to train; write {part}np");
                return;
            }
            if (!inLists && part is "LSH" or "LSHr" or "LSHt" or "LSHrt")
            {
                Require(metric == FaissMetric.L2, $"has {part}, which compares bits and is offered for L2 only");
                return;
            }
            throw Fail($"has '{part}', which is not a code on offer; write Flat, SQ8, SQfp16, PQ<M>np, PQ<M>x4fs{(inLists ? "" : ", HNSW<M>, LSH, or IVF<n> and a code")}");
        }

        private void CheckProduct(string part, int count, int bits)
        {
            Require(bits is >= 1 and <= LargestCodeBits, $"has {part} with {bits} bits a code; the number must be in 1 to {LargestCodeBits}, 8 is usual");
            Require(count >= 1 && count <= d && d % count == 0, $"has {part}, which cuts {d} dimensions into {count} parts; {Divisors(count)}");
        }

        private string Divisors(int wish)
        {
            int near = 1;
            for (int divisor = 1; divisor <= d; divisor++)
                if (d % divisor == 0 && Math.Abs((long)divisor - wish) < Math.Abs((long)near - wish)) near = divisor;
            return $"{d} must be a multiple of the number of parts: {near} is the nearest that divides it, or put OPQ<M>_<d> before it";
        }

        private bool Refinement(string part)
        {
            if (part == "RFlat") return true;
            Match match = RefinePattern().Match(part);
            if (!match.Success) return false;
            d = original; // a refinement keeps the vectors as they were before any transform
            string code = match.Groups[1].Value;
            Require(code == "Flat" || ScalarPattern().IsMatch(code) || (ProductPattern().IsMatch(code) && code.EndsWith("np", StringComparison.Ordinal)),
                $"has {part}; what refines must be Flat, SQ4, SQ6, SQ8, SQfp16 or PQ<M>np, others make FAISS end the process");
            Code(code, inLists: false);
            return true;
        }

        private void Require(bool holds, string why)
        {
            if (!holds) throw Fail(why);
        }

        private int Number(string part, string digits) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= 1 << 28 ? value : throw Fail($"has the number {digits} in {part}, which is far too large");

        // At commas outside parentheses.
        private static List<string> Split(string text)
        {
            List<string> parts = [];
            int depth = 0, start = 0;
            for (int i = 0; i <= text.Length; i++)
            {
                char c = i < text.Length ? text[i] : ',';
                if (c == '(') depth++;
                if (c == ')') depth--;
                if (depth is < 0 or > 1 || (i == text.Length && depth != 0)) throw Wrong(text, "has unbalanced parentheses");
                if (c != ',' || depth != 0) continue;
                if (i == start) throw Wrong(text, "has an empty part; remove the extra comma");
                parts.Add(text[start..i]);
                start = i + 1;
            }
            return parts;
        }
    }

    [GeneratedRegex(@"\A(?<kind>PCAWR|PCAW|PCAR|PCA|OPQ|RR|ITQ|Pad)(?<a>[0-9]+)?(_(?<b>[0-9]+))?\z")] private static partial Regex TransformPattern();
    [GeneratedRegex(@"\AIMI2x([0-9]+)\z")] private static partial Regex MultiIndexPattern();
    [GeneratedRegex(@"\AIVF([0-9]+)([kM]?)(_HNSW(?<degree>[0-9]+))?\z")] private static partial Regex ListsPattern();
    [GeneratedRegex(@"\AHNSW(?<degree>[0-9]*)(?<store>_(SQ8|SQ4|SQ6|SQfp16|Flat|PQ(?<pq>[0-9]+)))?\z")] private static partial Regex GraphPattern();
    [GeneratedRegex(@"\ASQ(4|6|8|fp16)\z")] private static partial Regex ScalarPattern();
    [GeneratedRegex(@"\APQ([0-9]+)x4fs(r?)(?:_([0-9]+))?\z")] private static partial Regex FastScanPattern();
    [GeneratedRegex(@"\APQ([0-9]+)\+([0-9]+)\z")] private static partial Regex RefinedProductPattern();
    [GeneratedRegex(@"\APQ([0-9]+)(?:x([0-9]+))?(np)?\z")] private static partial Regex ProductPattern();
    [GeneratedRegex(@"\ARefine\(([^()]+)\)\z")] private static partial Regex RefinePattern();
}
