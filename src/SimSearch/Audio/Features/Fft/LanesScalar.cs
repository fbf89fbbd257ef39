namespace SimSearch.Audio;

/// <summary>One double at a time: for very short transforms and for processors without vector registers.</summary>
internal readonly unsafe struct DoubleScalar : ILanes<double, double>
{
    public static int Count => 1;

    public static double Load(double* from) => *from;

    public static void Store(double value, double* to) => *to = value;

    public static void StoreSingle(double value, float* to) => *to = (float)value;

    public static double Broadcast(double value) => value;

    public static double Add(double a, double b) => a + b;

    public static double Subtract(double a, double b) => a - b;

    public static double Multiply(double a, double b) => a * b;

    public static double MultiplyAdd(double a, double b, double c) => a * b + c;

    public static double NegatedMultiplyAdd(double a, double b, double c) => c - a * b;

    public static double Reverse(double a) => a;

    public static void LoadPairs(float* from, out double even, out double odd) => (even, odd) = (from[0], from[1]);

    public static void StoreZipped(double* to, double a, double b, double c, double d) => (to[0], to[1], to[2], to[3]) = (a, b, c, d);

    public static void StoreZippedQuads(double* to, double a, double b, double c, double d) =>
        throw new NotSupportedException("a single number needs no zipping of quads");
}
