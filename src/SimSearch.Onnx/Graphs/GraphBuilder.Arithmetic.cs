namespace SimSearch.Onnx;

public sealed partial class GraphBuilder
{
    /// <summary>a + b, broadcast.</summary>
    public GraphTensor Add(GraphTensor a, GraphTensor b) => Emit("Add", [a, b]);

    /// <summary>a - b, broadcast.</summary>
    public GraphTensor Subtract(GraphTensor a, GraphTensor b) => Emit("Sub", [a, b]);

    /// <summary>a b, element by element, broadcast.</summary>
    public GraphTensor Multiply(GraphTensor a, GraphTensor b) => Emit("Mul", [a, b]);

    /// <summary>a / b, element by element, broadcast.</summary>
    public GraphTensor Divide(GraphTensor a, GraphTensor b) => Emit("Div", [a, b]);

    /// <summary>The larger of a and b, element by element. Where they are equal, the gradient goes to a.</summary>
    public GraphTensor Maximum(GraphTensor a, GraphTensor b) => Emit("Max", [a, b]);

    /// <summary>The smaller of a and b, element by element. Where they are equal, the gradient goes to a.</summary>
    public GraphTensor Minimum(GraphTensor a, GraphTensor b) => Emit("Min", [a, b]);

    /// <summary>x, not below low and not above high; the gradient is 1 from low to high, both included, and 0 outside.</summary>
    /// <exception cref="OnnxGraphException">Not low &lt;= high.</exception>
    public GraphTensor Clip(GraphTensor x, double low, double high) =>
        low <= high ? Minimum(Maximum(x, Constant(low)), Constant(high)) : throw new OnnxGraphException($"clip: low={low} must not be above high={high}");

    /// <summary>x to a power. NaN where x is negative and the exponent no whole number; below an exponent of 1 the gradient at 0 is infinite.</summary>
    /// <exception cref="OnnxGraphException">The exponent is 0 or not finite.</exception>
    public GraphTensor Pow(GraphTensor x, double exponent)
    {
        if (exponent == 0 || !double.IsFinite(exponent)) throw new OnnxGraphException($"pow: exponent={exponent} must be finite and not 0");
        return WithGradient(Power(exponent), [x], (d, _) => [d * (exponent == 1 ? Constant(1) : Power(exponent - 1) * exponent)]);

        GraphTensor Power(double to) => Emit("Pow", [x, Constant(to)]);
    }

    /// <summary>-x.</summary>
    public GraphTensor Negate(GraphTensor x) => Emit("Neg", [x]);

    /// <summary>|x|; the gradient at 0 is 0.</summary>
    public GraphTensor Abs(GraphTensor x) => Emit("Abs", [x]);

    /// <summary>-1, 0 or 1; no gradient flows through it.</summary>
    public GraphTensor Sign(GraphTensor x) => Emit("Sign", [x]);

    /// <summary>x x.</summary>
    public GraphTensor Square(GraphTensor x) => Emit("Mul", [x, x]);

    /// <summary>e to the power of x.</summary>
    public GraphTensor Exp(GraphTensor x) => Emit("Exp", [x]);

    /// <summary>The natural logarithm; add a floor first where x can be 0.</summary>
    public GraphTensor Log(GraphTensor x) => Emit("Log", [x]);

    /// <summary>The square root; its gradient at 0 is infinite, so add an epsilon where x can be 0.</summary>
    public GraphTensor Sqrt(GraphTensor x) => Emit("Sqrt", [x]);

    /// <summary>1 / x.</summary>
    public GraphTensor Reciprocal(GraphTensor x) => Emit("Reciprocal", [x]);

    /// <summary>The hyperbolic tangent.</summary>
    public GraphTensor Tanh(GraphTensor x) => Emit("Tanh", [x]);

    /// <summary>1 / (1 + e^-x).</summary>
    public GraphTensor Sigmoid(GraphTensor x) => Emit("Sigmoid", [x]);

    /// <summary>The error function. ONNX Runtime computes it in Float only.</summary>
    public GraphTensor Erf(GraphTensor x) => Emit("Erf", [x]);

    /// <summary>max(x, 0); the gradient at 0 is 0.</summary>
    public GraphTensor Relu(GraphTensor x) => Emit("Relu", [x]);

    /// <summary>x Phi(x) with Phi the normal distribution function: the exact form, not the tanh approximation (Hendrycks and Gimpel 2016).</summary>
    public GraphTensor Gelu(GraphTensor x)
    {
        var phi = (Erf(x * Math.Sqrt(0.5)) + 1) * 0.5;
        return WithGradient(x * phi, [x], (d, _) => [d * (phi + x * (Exp(Square(x) * -0.5) * (1 / Math.Sqrt(2 * Math.PI))))]);
    }

    /// <summary>
    /// 1 where a number that is not negative is positive, 0 where it is 0. In Float as min(1, 3e38 y), one operator that ONNX Runtime computes with vectors; Sign takes five times as
    /// long, a comparison and a choice three times.
    /// </summary>
    internal GraphTensor Step(GraphTensor y) => Type == OnnxElementType.Float ? Emit("HardSigmoid", [y], ("alpha", 3e38f), ("beta", 0f)) : Sign(y);

    /// <summary>Where the condition holds a, else b; all three broadcast.</summary>
    public GraphTensor Where(GraphTensor condition, GraphTensor a, GraphTensor b) => Emit("Where", [condition, a, b]);

    /// <summary>a &gt; b.</summary>
    public GraphTensor Greater(GraphTensor a, GraphTensor b) => Emit("Greater", [a, b]);

    /// <summary>a &lt; b.</summary>
    public GraphTensor Less(GraphTensor a, GraphTensor b) => Emit("Less", [a, b]);

    /// <summary>a = b, exactly.</summary>
    public GraphTensor Equal(GraphTensor a, GraphTensor b) => Emit("Equal", [a, b]);

    /// <summary>Both hold.</summary>
    public GraphTensor And(GraphTensor a, GraphTensor b) => Emit("And", [a, b]);

    /// <summary>At least one holds.</summary>
    public GraphTensor Or(GraphTensor a, GraphTensor b) => Emit("Or", [a, b]);

    /// <summary>It does not hold.</summary>
    public GraphTensor Not(GraphTensor a) => Emit("Not", [a]);

    /// <summary>Truth values or integers as numbers of the graph's type: 1 where true. No gradient flows through it.</summary>
    public GraphTensor Number(GraphTensor x) => x.Type == Type ? x : Emit("Cast", [x], ("to", (long)Type));

    /// <summary>The same values, through which no gradient flows.</summary>
    public GraphTensor StopGradient(GraphTensor x) => WithGradient(Emit("Identity", [x]), [], (_, _) => []);

    /// <summary>e^x / sum e^x along an axis.</summary>
    public GraphTensor Softmax(GraphTensor x, int axis = -1) => Emit("Softmax", [x], ("axis", (long)axis));

    /// <summary>log Softmax, computed so that large x do not overflow.</summary>
    public GraphTensor LogSoftmax(GraphTensor x, int axis = -1) => Emit("LogSoftmax", [x], ("axis", (long)axis));

    /// <summary>x / sqrt(sum x² + epsilon) along an axis: vectors of length 1. A zero vector stays zero.</summary>
    /// <param name="x">Any shape with one axis or more.</param>
    /// <param name="axis">The axis a vector lies along.</param>
    /// <param name="epsilon">Keeps the gradient finite at zero; 1e-12 shortens a vector of length 1e-3 by less than 1e-6, one of 1e-6 by a third.</param>
    public GraphTensor L2Normalise(GraphTensor x, int axis = -1, double epsilon = 1e-12)
    {
        var length = Root(SumOfSquares(x, [axis], keep: true), epsilon);
        var y = x / length;
        return WithGradient(y, [x], (d, _) => [(d - y * Sum(d * y, [axis], keep: true)) / length]);
    }

    /// <summary>
    /// Dropout: sets a share of the elements to zero and scales the others by 1 / (1 - rate). The mask is an input that <see cref="TrainingGraph"/> fills from seed and step;
    /// an exported model does not have it.
    /// </summary>
    /// <param name="x">Any shape.</param>
    /// <param name="rate">The share of zeros, in [0, 1); 0 adds nothing to the graph.</param>
    /// <param name="name">The mask's name, from which its random numbers follow; a free one by default.</param>
    /// <exception cref="OnnxGraphException">The rate is outside [0, 1).</exception>
    public GraphTensor Dropout(GraphTensor x, double rate, string? name = null)
    {
        if (!(rate >= 0 && rate < 1)) throw new OnnxGraphException($"dropout rate {rate} must be in [0, 1)");
        if (rate == 0) return x;
        if (name is null)
            for (int i = 0; names.Contains(scope + (name = i == 0 ? "dropout" : $"dropout{i}")); i++) { }
        var mask = Input(name, x.Shape);
        dropouts[mask] = rate;
        return Emit("Mul", [x, mask]);
    }
}
